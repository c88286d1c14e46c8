"""VAE with one change at a time: the rows of docs/results/causes.csv.

Runs of grids/results_causes.yaml, grids/results_rates.yaml and examples/results_initial.yaml; for
seeds.csv, of grids/results_seeds.yaml, whose runs differ in their seeds only; and for xavier.csv,
of examples/results_xavier.yaml, which have other initial weights and are longer."""

from collections.abc import Collection, Mapping
from typing import Any

from benchmarks.representation import described
from sweeper.analysis.study import Study
from sweeper.tracking import layout
from trainers.measures import score

GRIDS = ("results_causes", "results_initial", "results_rates")
SEEDS, XAVIER = "results_seeds", "results_xavier"
# What the first entry of results_causes has. Every other run differs from it in one of these, and
# perhaps in its seed.
USUAL: dict[str, Any] = {
    "network": "mlp",
    "param/epsilon": 1e-8,  # of Adam
    "reconstruction": "mse",
    "latent_dim": 5,
    "learning_rate": 1e-4,
    "batch_size": 64,
}
SCORES = ("valid/recon", "valid/kl", "measure/cbd", "measure/cbd_compactness")
SCORES += ("measure/cbd_modularity", "measure/mig", "latent/active")


def cause_rows(study: Study, grids: Collection[str] = GRIDS) -> list[dict[str, Any]]:
    """A row for each finished run of the grids, those without a change first."""
    runs = [run for run in study.rows if set(run["grids"].split(",")) & set(grids)]
    rows = [_row(study, run) for run in runs if run["status"] == layout.FINISHED]
    return sorted(rows, key=_order)


def _order(row: Mapping[str, Any]) -> tuple[int, str, int, int]:
    place = ["", *USUAL].index(row["changed"])
    return place, str(row["value"]), row["seed"], row["iterations"]


def _row(study: Study, run: Mapping[str, Any]) -> dict[str, Any]:
    changed, value = change_of(run)
    latents = study.latents(run["run_id"])
    active_L = latents.mu_NL.var(axis=0) > 0.01
    of_active = score(latents.mu_NL[:, active_L], latents.factors_NK, measures=["cbd"])["cbd"]
    return {
        "changed": changed,
        "value": value,
        "seed": run["seed"],
        "iterations": run["iterations"],
        **{name: round(run[name], 4) for name in SCORES},
        "cbd of active latents": round(of_active, 4),
        **described(latents),
    }


def change_of(run: Mapping[str, Any]) -> tuple[str, Any]:
    """The setting in which a run differs from USUAL, and its value; ('', '') for none.

    Raises ValueError where there are two."""
    found = [(name, _value(run, name)) for name in USUAL if _value(run, name) != USUAL[name]]
    if len(found) > 1:
        raise ValueError(f"run {run['run_id']} differs in {found}; one change at a time is wanted")
    return found[0] if found else ("", "")


def _value(run: Mapping[str, Any], name: str) -> Any:
    """A run's setting. An own model's parameter is missing in the runs of other models."""
    value = run.get(name)
    missing = value is None or value == "" or value != value
    if missing:
        return USUAL[name]
    return float(value) if isinstance(USUAL[name], float) else value
