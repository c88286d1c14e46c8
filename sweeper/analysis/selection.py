"""Which configuration of a model is the best, by a `SelectionRule`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sweeper.analysis.rule import LAST, MEDIAN, SelectionRule
from sweeper.analysis.scores import Score, score
from sweeper.analysis.statistics.spread import Spread, spread
from sweeper.analysis.study import SETTINGS, RunRow
from sweeper.ids import id_of
from sweeper.tracking import layout


@dataclass(frozen=True)
class Winner:
    """The chosen configuration: its runs, one for each seed, in order of seed.

    value: the rule's statistic of its score over the seeds.  candidates: how many configurations
    it was chosen from, itself among them."""

    runs: tuple[RunRow, ...]
    rule: SelectionRule
    value: float
    candidates: int = 1

    @property
    def by(self) -> Score:
        """The score that it was chosen by."""
        return self.rule.by

    @property
    def first(self) -> RunRow:
        """A run that stands for the settings that all of its seeds share."""
        return self.runs[0]

    def spread(self, column: str) -> Spread | None:
        """A column over the seeds, or None where no run has it."""
        values = [number(run, column) for run in self.runs]
        if all(math.isnan(value) for value in values):
            return None
        if score(column).needs_seeds:  # the values of seeds depend on each other: no interval
            return Spread(len(values), math.fsum(values) / len(values))
        return spread(values, int(id_of([column, *(run["run_id"] for run in self.runs)]), 16))

    def mean(self, column: str) -> float:
        """The mean of a column over the seeds, NaN where one has no such number."""
        return math.fsum(number(run, column) for run in self.runs) / len(self.runs)

    @property
    def active(self) -> float:
        """Active latents, the mean over seeds; NaN where they were not counted."""
        return self.mean(layout.LATENT_ACTIVE)


def best_configuration(cells: Iterable[RunRow], rule: SelectionRule) -> Winner | None:
    """The winner among cells of one dataset and model, or None where there is no candidate."""
    found = ranked(cells, rule)
    return found[0] if found else None


def ranked(cells: Iterable[RunRow], rule: SelectionRule) -> list[Winner]:
    """Every configuration that may be chosen, best first."""
    groups: dict[tuple[Any, ...], list[RunRow]] = {}
    for cell in counted_milestones(cells, rule):
        if is_candidate(cell, rule):
            groups.setdefault(configuration(cell), []).append(cell)
    if not groups:
        return []
    most = max(map(len, groups.values()))
    kept = [group for group in groups.values() if len(group) == most]
    return sorted((_winner(group, rule, len(kept)) for group in kept), key=_rank)


def counted_milestones(cells: Iterable[RunRow], rule: SelectionRule) -> list[RunRow]:
    """All cells; by milestone 'last' those with the most iterations asked for of their settings,
    whether or not they are finished."""
    cells = list(cells)
    if rule.milestone != LAST:
        return cells
    ascending = sorted(cells, key=lambda cell: cell["iterations"])
    longest = {configuration(cell, "iterations"): cell["iterations"] for cell in ascending}
    return [c for c in cells if c["iterations"] == longest[configuration(c, "iterations")]]


def is_candidate(cell: RunRow, rule: SelectionRule) -> bool:
    """Whether a run may stand for its model."""
    return is_scored(cell, rule) and not is_collapsed(cell, rule)


def is_scored(cell: RunRow, rule: SelectionRule) -> bool:
    """Whether a run is finished and has a finite score to select by."""
    return cell["status"] == layout.FINISHED and math.isfinite(number(cell, rule.by.column))


def is_collapsed(cell: RunRow, rule: SelectionRule) -> bool:
    """Whether a run has fewer active latents than the rule asks for. False where not counted."""
    return number(cell, layout.LATENT_ACTIVE) < rule.min_active


def number(cell: RunRow, column: str) -> float:
    """A cell's number, NaN where it has none."""
    value = cell.get(column)
    return math.nan if value is None else float(value)


def configuration(cell: RunRow, *without: str) -> tuple[Any, ...]:
    """All settings but the seed and those named: equal for runs of one configuration."""
    names = [name for name in cell if name in SETTINGS or name.startswith("param/")]
    return tuple(
        (name, repr(cell[name])) for name in sorted(names) if name not in ("seed", *without)
    )


def _winner(group: Sequence[RunRow], rule: SelectionRule, candidates: int) -> Winner:
    runs = tuple(sorted(group, key=lambda cell: (cell["seed"], cell["run_id"])))
    return Winner(runs, rule, _statistic(runs, rule.by.column, rule), candidates)


def _statistic(runs: Sequence[RunRow], column: str, rule: SelectionRule) -> float:
    values = [number(run, column) for run in runs]
    return median(values) if rule.statistic == MEDIAN else math.fsum(values) / len(values)


def _rank(winner: Winner) -> tuple[float, float, int, str]:
    recon = _statistic(winner.runs, layout.VALID_RECON, winner.rule)
    tie = math.inf if math.isnan(recon) else recon
    value = winner.value if winner.by.lower_is_better else -winner.value
    return (value, tie, winner.first["iterations"], min(run["run_id"] for run in winner.runs))
