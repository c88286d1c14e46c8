"""A selection's score on seeds that did not select (`select: {report: held_out_seeds}`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeper.analysis.rule import HELD_OUT, MEDIAN, SelectionRule
from sweeper.analysis.selection import Winner, number, ranked
from sweeper.analysis.statistics.spread import Spread
from sweeper.analysis.study import RunRow
from sweeper.ids import id_of

if TYPE_CHECKING:
    from sweeper.analysis.statistics.held_out import Folds


@dataclass(frozen=True)
class HeldOut:
    """Of each seed, the run of the configuration that the other seeds choose.

    contenders: the configurations, best first by all seeds, each with its runs by seed.  runs: one
    for each seed in order."""

    contenders: tuple[dict[int, RunRow], ...]
    seeds: tuple[int, ...]
    runs: tuple[RunRow, ...]
    folds: "Folds"

    def spread(self, column: str) -> Spread | None:
        """A column over the held-out readings, or None where no reading has it."""
        import numpy as np

        values = [[number(runs[seed], column) for seed in self.seeds] for runs in self.contenders]
        if all(np.isnan(number(run, column)) for run in self.runs):
            return None
        return self.folds.spread(np.array(values))


def held_out(cells: Iterable[RunRow], rule: SelectionRule) -> HeldOut | None:
    """The readings among cells of one dataset and model; None by a rule that reports all seeds or
    whose score compares them, and where the competing configurations do not share two seeds."""
    if rule.report != HELD_OUT or rule.by.needs_seeds:
        return None
    contenders = [_by_seed(winner) for winner in ranked(cells, rule)]
    seeds = sorted(set.intersection(*map(set, contenders))) if contenders else []
    if len(seeds) < 2:
        return None
    import numpy as np

    from sweeper.analysis.statistics.held_out import make_folds

    ids = [runs[seed]["run_id"] for runs in contenders for seed in seeds]
    folds = make_folds(
        np.array([[number(runs[seed], rule.by.column) for seed in seeds] for runs in contenders]),
        lower_is_better=rule.by.lower_is_better,
        median=rule.statistic == MEDIAN,
        seed=int(id_of(ids), 16),
    )
    read = [contenders[k][seed] for k, seed in zip(folds.chosen_S, seeds, strict=True)]
    return HeldOut(tuple(contenders), tuple(seeds), tuple(read), folds)


def reported_runs(winner: Winner | None, held: HeldOut | None) -> Sequence[RunRow]:
    """The runs whose scores a table prints: a run for each seed."""
    if held is not None:
        return held.runs
    return winner.runs if winner is not None else ()


def _by_seed(winner: Winner) -> dict[int, RunRow]:
    return {run["seed"]: run for run in reversed(winner.runs)}
