"""What finished runs tell a plan: values they have learned, and whether an alias gives way.

Both read MLflow; a value is known once every run that it could come from is settled, so that a
later result cannot change what has been planned with it."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sweeper.errors import SweeperError
from sweeper.grid import Learned, load_grid
from sweeper.planning.cells import DEFAULT_OPTIONS, Cell, ExpansionOptions, expand
from sweeper.planning.plan import SETTLED
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.specs.models import needs_weak


class LearnedValues:
    """Answers from the stored runs, by run id."""

    def __init__(
        self,
        runs: Mapping[str, StoredRun],
        folder: Path,
        options: ExpansionOptions = DEFAULT_OPTIONS,
    ) -> None:
        """folder: where the grid that asks lies; paths in it are relative to that.
        options: how that grid is taken; the other is taken alike."""
        self._runs = runs
        self._folder = folder
        self._options = options
        self._cells = cache(self._expanded)

    def resolve(self, learned: Learned, dataset: str) -> float | None:
        """The value that the selected run of the other grid has learned, or None as long as a run
        it may come from is neither finished nor diverged."""
        cells = [
            cell
            for cell in self._cells(learned.from_)
            if cell.config.dataset == dataset and cell.label == learned.model
        ]
        runs = [self._runs.get(cell.run_id) for cell in cells]
        settled = [run for run in runs if run is not None and _status(run) in SETTLED]
        if not cells or len(settled) < len(cells):
            return None
        key = learned.select if "/" in learned.select else layout.measure_key(learned.select)
        sign = 1.0 if key.startswith(layout.MEASURE_PREFIX) else -1.0
        scored = [
            (sign * run.metrics[key], -int(run.params["iterations"]), run)
            for run in settled
            if _status(run) == layout.FINISHED
            and math.isfinite(run.metrics.get(key, math.nan))
            and learned.learned in run.metrics
        ]
        if not scored:
            return None
        best = max(scored, key=lambda entry: (entry[0], entry[1], entry[2].tags[layout.RUN_ID]))
        return best[2].metrics[learned.learned]

    def needs_second_model(self, run_id: str) -> bool | None:
        """Whether every sigma of a finished mdL-strong run is below 0.5; None while unknown."""
        run = self._runs.get(run_id)
        if run is None or _status(run) != layout.FINISHED:
            return None
        sigmas = [v for key, v in run.metrics.items() if key.startswith(layout.SIGMA_PREFIX)]
        return bool(sigmas) and needs_weak(sigmas)

    def _expanded(self, file: str) -> list[Cell]:
        try:
            return expand(load_grid(self._folder / file), self._options)[0]
        except SweeperError:
            return []


def _status(run: StoredRun) -> str:
    return run.tags.get(layout.STATUS, "") if run.state != "RUNNING" else ""
