"""Makes reference_values.json with the authors' own codes, in an environment of its own:

pip install opda==0.8.0 rliable==1.2.0 "pandas<3" && python make_reference_values.py"""

import importlib.metadata as M
import json

import numpy as np
import opda
import opda.random
from opda.nonparametric import EmpiricalDistribution as E
from rliable import library, metrics

opda.random.set_seed(0)
out = {
    "source": "made by tests/sweeper/analysis/statistics/make_reference_values.py",
    "packages": {n: M.version(n) for n in ("opda", "rliable", "arch", "numpy", "scipy")},
}
rng = np.random.default_rng(0)
ys = rng.normal(size=12)
lo, _, hi = E.confidence_bands(ys, 0.95, method="ld_equal_tailed", n_jobs=1)
s = np.sort(ys)
out["tuning"] = {
    "scores": ys.tolist(),
    "u_tuning_curve": E(ys).u_tuning_curve(np.arange(1, 13)).tolist(),
    "u_minimize": E(ys).u_tuning_curve(np.arange(1, 13), minimize=True).tolist(),
    "cdf_low": [float(v) for v in lo.cdf(s)],
    "cdf_high": [float(v) for v in hi.cdf(s)],
}
ks = E.confidence_bands(ys, 0.95, method="ks")
out["tuning"]["ks_low"] = ks[0].cdf(s).tolist()
out["tuning"]["ks_high"] = ks[2].cdf(s).tolist()
x = rng.normal(0.55, 0.1, (5, 4)).round(3)
y = rng.normal(0.5, 0.1, (7, 4)).round(3)  # runs x tasks
taus = np.linspace(0.2, 0.8, 13)


def a(v):
    return np.array([metrics.aggregate_iqm(v)])


library_ = library.get_interval_estimates({"x": x}, a, reps=5000)
poi = library.get_interval_estimates({"x,y": (x, y)}, metrics.probability_of_improvement, reps=5000)
prof = library.create_performance_profile({"x": x}, taus, reps=2000)
out["aggregate"] = {
    "x_runs_tasks": x.tolist(),
    "y_runs_tasks": y.tolist(),
    "thresholds": taus.tolist(),
    "iqm": float(metrics.aggregate_iqm(x)),
    "iqm_interval": np.ravel(library_[1]["x"]).tolist(),
    "probability_of_improvement": float(metrics.probability_of_improvement(x, y)),
    "poi_interval": np.ravel(poi[1]["x,y"]).tolist(),
    "profile": np.ravel(prof[0]["x"]).tolist(),
    "profile_interval": np.asarray(prof[1]["x"]).tolist(),
}
json.dump(out, open("reference_values.json", "w"), indent=1)
