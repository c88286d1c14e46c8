"""Which configuration of a model is the best by a score, and by what rule.

The rule, in this order: finished runs whose score is finite; of the configurations (all settings
but the seed) those with the most such seeds, so that one whose other seeds failed is not chosen
for the seed that did not; the best mean score over seeds; the lower mean reconstruction; the fewer
iterations; the smaller run id."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweeper.analysis.pool import collect_cells
from sweeper.analysis.scores import Score, known_score
from sweeper.analysis.spread import Spread, spread
from sweeper.analysis.study import SETTINGS, Study, read_study
from sweeper.tracking import layout

if TYPE_CHECKING:
    import pandas as pd

RunRow = Mapping[str, Any]


@dataclass(frozen=True)
class Winner:
    """The chosen configuration: its runs, one for each seed, in order of seed."""

    runs: tuple[RunRow, ...]
    by: Score
    value: float

    @property
    def first(self) -> RunRow:
        """A run that stands for the settings that all of its seeds share."""
        return self.runs[0]

    def spread(self, column: str) -> Spread | None:
        """A column over the seeds, or None where no run has it."""
        values = [number(run, column) for run in self.runs]
        return spread(values) if any(not math.isnan(value) for value in values) else None


def best_configuration(cells: Iterable[RunRow], by: Score) -> Winner | None:
    """The winner among cells of one dataset and model, or None where no finished run has `by`."""
    found = ranked(cells, by)
    return found[0] if found else None


def ranked(cells: Iterable[RunRow], by: Score) -> list[Winner]:
    """Every configuration that may be chosen, best first."""
    groups: dict[tuple[str, ...], list[RunRow]] = {}
    for cell in cells:
        if cell["status"] == layout.FINISHED and math.isfinite(number(cell, by.column)):
            groups.setdefault(_configuration(cell), []).append(cell)
    most = max(map(len, groups.values()), default=0)
    kept = [_winner(group, by) for group in groups.values() if len(group) == most]
    return sorted(kept, key=_rank)


def number(cell: RunRow, column: str) -> float:
    """A cell's number, NaN where it has none."""
    value = cell.get(column)
    return math.nan if value is None else float(value)


def _configuration(cell: RunRow) -> tuple[str, ...]:
    names = [name for name in cell if name in SETTINGS or name.startswith("param/")]
    return tuple(repr(cell[name]) for name in sorted(names) if name != "seed")


def _winner(group: Sequence[RunRow], by: Score) -> Winner:
    runs = tuple(sorted(group, key=lambda cell: (cell["seed"], cell["run_id"])))
    return Winner(runs, by, math.fsum(number(run, by.column) for run in runs) / len(runs))


def _rank(winner: Winner) -> tuple[float, float, int, str]:
    recon = winner.spread(layout.VALID_RECON)
    tie = math.inf if recon is None or math.isnan(recon.mean) else recon.mean
    value = winner.value if winner.by.lower_is_better else -winner.value
    return (value, tie, winner.first["iterations"], min(run["run_id"] for run in winner.runs))


def select(
    source: "Study | str | None" = None,
    *,
    by: str = "cbd",
    dataset: str | None = None,
    grid: str | None = None,
) -> "pd.DataFrame":
    """The winner of each dataset, source and model: a row with its settings, score and runs.

    Columns: dataset, source, label, settings, `param/*`, score (mean over seeds), sd, seeds,
    valid/recon, run_ids (comma separated)."""
    import pandas as pd

    study = source if isinstance(source, Study) else read_study(source)
    cells = collect_cells(study, None if grid is None else [grid]).cells
    rule = known_score(by, cells.columns)
    if dataset is not None:
        cells = cells[cells.dataset == dataset]
    rows = []
    for _, group in cells.groupby(["dataset", "source", "label"], sort=True):
        winner = best_configuration(group.to_dict("records"), rule)
        if winner is not None:
            rows.append(_row(winner))
    return pd.DataFrame(rows)


def _row(winner: Winner) -> dict[str, Any]:
    first, score = winner.first, winner.spread(winner.by.column)
    recon = winner.spread(layout.VALID_RECON)
    names = [name for name in first if name.startswith("param/")]
    return {
        **{name: first[name] for name in ("dataset", "source", "label")},
        **{name: first[name] for name in SETTINGS[2:] if name != "seed"},
        **{name: first[name] for name in names},
        "by": winner.by.name,
        "score": winner.value,
        "sd": score.sd if score else math.nan,
        "seeds": len(winner.runs),
        layout.VALID_RECON: recon.mean if recon else math.nan,
        "run_ids": ",".join(run["run_id"] for run in winner.runs),
    }
