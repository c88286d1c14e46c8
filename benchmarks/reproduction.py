"""Does the thesis reproduce? The tables and figures of docs/results.md, from a store of real runs.

    python -m benchmarks.reproduction STORE [--grid results_gpu] [--out docs/results]

STORE is the working folder of a launch of grids/results_gpu.yaml. Besides the program's own table
and figures it measures, for each milestone, what the latents say of the orientation, how CbD
depends on what is scored, and three readings of SAP next to the thesis's column. Of the grids that
change one thing of VAE at a time (benchmarks/causes.py), in this or another store, it writes
causes.csv, of the four seeds seeds.csv, of the three with Xavier's initial weights xavier.csv.

Shapes: N points, L latents, K factors."""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.causes import GRIDS, SEEDS, XAVIER, cause_rows
from benchmarks.representation import FACTORS, ORIENTATION, described
from sweeper import figure, read_study, render, table
from sweeper.plotting.files import figure_contents, write_files
from sweeper.plotting.heatmap import matrices_figure
from sweeper.plotting.style import COLOURS, panel_grid, thousands
from sweeper.tables.published import published
from trainers.measures import pcc_matrix, score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path, help="the working folder of the launch")
    parser.add_argument("--grid", default="results_gpu")
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    options = parser.parse_args()
    study = read_study(f"sqlite:///{(options.store / 'mlflow.db').resolve()}")
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    runs = [run for run in study.runs.to_dict("records") if options.grid in run["grids"].split(",")]
    found = {
        "causes": cause_rows(study),
        "seeds": cause_rows(study, [SEEDS]),
        "xavier": cause_rows(study, [XAVIER]),
    }
    if not (runs or any(found.values())):
        parser.error(f"{options.store} has no runs of {options.grid}, nor of {', '.join(GRIDS)}")
    if runs:
        _write_reproduction(study, runs, options.grid, out)
    for name, rows in found.items():
        if rows:
            _write_rows(out / f"{name}.csv", rows)


def _write_reproduction(study: Any, runs: list[dict[str, Any]], grid: str, out: Path) -> None:
    for ending in ("csv", "md"):
        text = render(table(grid, study), ending)
        (out / f"table.{ending}").write_text(text, encoding="utf-8")
    figure("6.1", study, out, grid=grid)
    runs = sorted(runs, key=lambda run: (run["model"], _beta(run), run["iterations"]))
    milestones = [_milestone(run, study.latents(run["run_id"])) for run in runs]
    _write_rows(out / "milestones.csv", milestones)
    _draw_curves(milestones, out)
    _draw_matrices(study, runs, out)
    last = {(run["model"], _beta(run)): run for run in runs}  # the longest of each
    _write_rows(
        out / "scoring.csv", [_scoring(run, study.latents(run["run_id"])) for run in last.values()]
    )
    _write_rows(out / "sap.csv", [_sap(run, study.latents(run["run_id"])) for run in last.values()])


def _beta(run: dict[str, Any]) -> str:
    beta = run.get("param/beta", "")
    return "" if beta in ("", None) or beta != beta else f"{float(beta):g}"


def _name(run: dict[str, Any]) -> str:
    return f"{run['model']} {_beta(run)}".strip()


def _milestone(run: dict[str, Any], latents: Any) -> dict[str, Any]:
    names = ("valid/recon", "valid/kl", "measure/cbd", "measure/cbd_compactness")
    names += ("measure/cbd_modularity", "measure/mig", "measure/sap", "latent/active")
    return {
        "model": run["model"],
        "beta": _beta(run),
        "iterations": run["iterations"],
        **{name: round(run[name], 4) for name in names},
        **described(latents),
    }


def _scoring(run: dict[str, Any], latents: Any) -> dict[str, Any]:
    """CbD of other readings of what is scored, on the same representation."""
    mu_NL, factors_NK = latents.mu_NL, latents.factors_NK
    noise_NL = np.random.default_rng(0).standard_normal(mu_NL.shape)
    sample_NL = mu_NL + np.exp(latents.logvar_NL / 2) * noise_NL
    kept = [k for k in range(factors_NK.shape[1]) if k != ORIENTATION]
    active_L = mu_NL.var(axis=0) > 0.01
    half = len(mu_NL) // 2
    readings: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "as printed": (mu_NL, factors_NK),
        "samples of the posterior": (sample_NL, factors_NK),
        "half of the points": (mu_NL[:half], factors_NK[:half]),
        "without orientation": (mu_NL, factors_NK[:, kept]),
        "without shape and orientation": (mu_NL, factors_NK[:, [1, 3, 4]]),
        "active latents alone": (mu_NL[:, active_L], factors_NK),
    }
    scores = {name: round(_score("cbd", *arrays), 3) for name, arrays in readings.items()}
    return {"model": run["model"], "beta": _beta(run), "iterations": run["iterations"], **scores}


def _sap(run: dict[str, Any], latents: Any) -> dict[str, Any]:
    """SAP with factors as classes, with factors in 10 bins of equal width, and as a regression."""
    mu_NL, factors_NK = latents.mu_NL, latents.factors_NK
    low_K, high_K = factors_NK.min(axis=0), factors_NK.max(axis=0)
    bins_NK = np.minimum(9, np.floor(10 * (factors_NK - low_K) / (high_K - low_K)))
    found = {
        "classes": _score("sap", mu_NL, factors_NK),
        "10 bins": _score("sap", mu_NL, bins_NK),
        "regression": _score("sap_regression", mu_NL, factors_NK),
    }
    compactness, mig = (_score(n, mu_NL, factors_NK) for n in ("cbd_compactness", "mig"))
    printed = {row.model: row.values for row in published("7.3") if row.dataset == "dsprites"}
    thesis = printed[run["model"]]
    return {
        "model": run["model"],
        "beta": _beta(run),
        "iterations": run["iterations"],
        **{name: round(value, 3) for name, value in found.items()},
        "cbd_compactness": round(compactness, 3),
        "mig": round(mig, 3),
        **{f"thesis: {name}": thesis[name] for name in ("sap", "mig", "cbd_compactness")},
    }


def _score(name: str, mu_NL: np.ndarray, factors_NK: np.ndarray) -> float:
    return score(mu_NL, factors_NK, measures=[name])[name]


def _draw_matrices(study: Any, runs: Sequence[dict[str, Any]], out: Path) -> None:
    """Which latent follows which factor, for the longest training of three models."""
    longest = {(run["model"], _beta(run)): run for run in runs}
    chosen = [longest[key] for key in (("vae", ""), ("l_vae", ""), ("beta_vae", "4"))]
    matrices = []
    for run in chosen:
        latents = study.latents(run["run_id"])
        matrices.append(pcc_matrix(latents.mu_NL, latents.factors_NK))
    names = [[f"z{index}" for index in range(len(matrix))] for matrix in matrices]
    titles = [f"{_name(run)}, {run['iterations']:,} iterations" for run in chosen]
    drawn = matrices_figure(
        matrices, names, [FACTORS] * len(matrices), titles, "absolute Pearson correlation"
    )
    header = ["run_id", "latent", *FACTORS]
    rows = [
        [run["run_id"], name, *(round(float(value), 4) for value in row)]
        for run, matrix, latent in zip(chosen, matrices, names, strict=True)
        for name, row in zip(latent, matrix, strict=True)
    ]
    write_files(out, "pcc", figure_contents(drawn, header, rows))


def _draw_curves(milestones: Sequence[dict[str, Any]], out: Path) -> None:
    """Reconstruction, KL, CbD and the square's orientation against iterations."""
    panels = {
        "valid/recon": "reconstruction error (sum of squares)",
        "valid/kl": "KL (nats)",
        "measure/cbd": "CbD",
        "orientation of square": "orientation of squares, R2",
    }
    models = sorted({(row["model"], row["beta"]) for row in milestones})
    drawn, axes = panel_grid(len(panels), 4.2, 2.8)
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        for index, (model, beta) in enumerate(models):
            rows = [row for row in milestones if (row["model"], row["beta"]) == (model, beta)]
            axis.plot(
                [row["iterations"] for row in rows],
                [row[column] for row in rows],
                marker="o",
                markersize=3,
                linestyle="-" if index < len(COLOURS) else "--",
                color=COLOURS[index % len(COLOURS)],
                label=f"{model} {beta}".strip(),
            )
        axis.set_title(title)
        thousands(axis)
    axes[0].set_ylim(bottom=0)
    axes[0].legend(fontsize=7)
    header = list(milestones[0])
    values = [[row[name] for name in header] for row in milestones]
    write_files(out, "curves", figure_contents(drawn, header, values))


def _write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(path)


if __name__ == "__main__":
    main()
