"""The winners of a population as a frame: what `sweeper select` prints and `select` returns."""

import math
from typing import TYPE_CHECKING, Any

from sweeper.analysis.held_out import held_out
from sweeper.analysis.population import Population, Source, population_from
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import best_configuration
from sweeper.analysis.study import SETTINGS, RunRow
from sweeper.tracking import layout

if TYPE_CHECKING:
    import pandas as pd


def select(
    source: Source = None,
    *,
    by: str | None = None,
    dataset: str | None = None,
    grid: str | None = None,
) -> "pd.DataFrame":
    """The winner of each dataset, source and model: a row with its settings, score and runs.

    source: a population, or a study or tracking URI and the name of a launched grid.  by: another
    score than the grid selects by.
    Columns: dataset, source, label, settings, `param/*`, by, score (over seeds), sd, seeds,
    held_out, held_out_low, held_out_high (`held_out`; NaN where not reported), valid/recon,
    run_ids (comma separated), candidates, active (latents), population."""
    import pandas as pd

    population = population_from(source, grid).scored_by(by)
    rule = population.rule.with_score(by, population.columns)
    rows = (_row(cells, rule, population) for cells in groups(population, dataset))
    return pd.DataFrame([row for row in rows if row is not None])


def groups(population: Population, dataset: str | None = None) -> list[list[RunRow]]:
    """The cells of each dataset, source and model, in this order: what one winner is chosen from.
    dataset: only of this one."""
    found: dict[tuple[str, str, str], list[RunRow]] = {}
    for cell in population.cells:
        if dataset in (None, cell["dataset"]):
            found.setdefault((cell["dataset"], cell["source"], cell["label"]), []).append(cell)
    return [found[key] for key in sorted(found)]


def _row(cells: list[RunRow], rule: SelectionRule, population: Population) -> dict[str, Any] | None:
    winner, held = best_configuration(cells, rule), held_out(cells, rule)
    if winner is None:
        return None
    first, score = winner.first, winner.spread(winner.by.column)
    names = [name for name in first if name.startswith("param/")]
    reported = held.spread(winner.by.column) if held else None
    return {
        **{name: first[name] for name in ("dataset", "source", "label")},
        **{name: first[name] for name in SETTINGS[2:] if name != "seed"},
        **{name: first[name] for name in names},
        "by": winner.by.name,
        "score": winner.value,
        "sd": score.sd if score else math.nan,
        "seeds": len(winner.runs),
        "held_out": reported.mean if reported else math.nan,
        "held_out_low": reported.low if reported else math.nan,
        "held_out_high": reported.high if reported else math.nan,
        layout.VALID_RECON: winner.mean(layout.VALID_RECON),
        "run_ids": ",".join(run["run_id"] for run in winner.runs),
        "candidates": winner.candidates,
        "active": winner.active,
        "population": population.mark(winner.runs) or "real",
    }
