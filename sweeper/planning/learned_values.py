"""What a plan takes from finished runs: learned values, and which model an alias stands for.

Both are known once every run that they may come from is finished or diverged, so that a later
result cannot change what was planned with them."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache

from sweeper.analysis.rule import SelectionRule, rule_of
from sweeper.analysis.selection import Winner, best_configuration, number
from sweeper.analysis.study import row_of_run
from sweeper.errors import SweeperError, UsageError
from sweeper.grid import Grid, Learned, load_grid
from sweeper.planning.cells import DEFAULT_OPTIONS, Cell, ExpansionOptions, expand
from sweeper.planning.plan import SETTLED
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.specs.models import needs_weak


class LearnedValues:
    """Learned values of stored runs."""

    def __init__(
        self,
        read: Callable[[Collection[str]], Mapping[str, StoredRun]],
        grid: Grid,
        options: ExpansionOptions = DEFAULT_OPTIONS,
    ) -> None:
        """read: gives the stored ones of these runs, by run id, and perhaps others.
        grid: the one that refers to the others; paths in it are relative to its folder.
        options: how that grid is expanded, and so the other grid too."""
        self._read = read
        self._folder = grid.origin.folder
        self._rule = rule_of(grid)
        self._options = options
        self._grids = cache(self._load)

    def resolve(self, learned: Learned, dataset: str) -> float | None:
        """The value that the winner of the other grid has learned, the mean over its seeds; None
        as long as a run it may come from is neither finished nor diverged.

        The winner is that of the other grid's own rule, by `learned.select`: the run that the
        table of that grid prints. Runs on all images come before those on a distribution of
        factors. Raises UsageError where several distributions remain."""
        grid, cells = self._grids(learned.from_)
        if grid is None:
            return None
        rule = rule_of(grid).with_score(learned.select, ())
        cells = [c for c in cells if c.config.dataset == dataset and c.label == learned.model]
        cells = [c for c in cells if not c.config.factors] or cells
        if len({cell.config.factors for cell in cells}) > 1:
            raise UsageError(
                f"{learned.from_}: {learned.model} on {dataset} has several distributions of "
                "factors and none is `all`, so the run to learn from is not defined. Add `all` "
                "to its `factors`, or leave one distribution"
            )
        winner = self._winner((cell.run_id for cell in cells), rule)
        if winner is None:
            return None
        found = winner.mean(f"last/{learned.learned}")
        return None if math.isnan(found) else found

    def needs_second_model(self, run_ids: Iterable[str]) -> bool | None:
        """Whether every sigma_i of the winner among these mdL-strong runs, all those of a dataset,
        is below 0.5 (thesis, section 7.2); None while one of them is not settled."""
        winner = self._winner(run_ids, self._rule)
        if winner is None:
            return None
        sigmas = [
            number(run, name)
            for run in winner.runs
            for name in run
            if name.startswith(f"last/{layout.SIGMA_PREFIX}")
        ]
        return bool(sigmas) and needs_weak(sigmas)

    def _winner(self, run_ids: Iterable[str], rule: SelectionRule) -> Winner | None:
        """None as long as one of the runs is not settled, and where none can be chosen."""
        wanted = list(run_ids)
        stored = self._read(wanted)
        runs = [stored.get(run_id) for run_id in wanted]
        settled = [run for run in runs if run is not None and _status(run) in SETTLED]
        if not runs or len(settled) < len(runs):
            return None
        return best_configuration(map(row_of_run, settled), rule)

    def _load(self, file: str) -> tuple[Grid | None, list[Cell]]:
        try:
            grid = load_grid(self._folder / file)
            return grid, expand(grid, self._options)[0]
        except SweeperError:
            return None, []


def _status(run: StoredRun) -> str:
    return run.tags.get(layout.STATUS, "") if run.state != "RUNNING" else ""
