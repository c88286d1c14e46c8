"""Brings runs of another store into this one, by run id: nothing twice, nothing lost.

Merging again continues where an interrupted merge ended, and changes nothing after a complete
one. A run of the same id with other numbers does not count here: it is kept apart, as a run of the
kind `conflict` in an experiment of its own."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweeper.errors import ResultsError, TrackingError
from sweeper.publishing.code_version import code_version
from sweeper.sharing.compare import Comparison, compare
from sweeper.sharing.source import RunSource
from sweeper.tracking import layout
from sweeper.tracking.reading.artifacts import read_latents_file
from sweeper.tracking.reading.reader import (
    StoreContents,
    experiment_names,
    merged_conflicts,
    partial_copies,
    read_store,
)
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.reading.whole_run import WholeRun
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.run_copy import RunCopier, mlflow_errors, origin

_MAX_SHOWN = 200  # characters of the differences in a tag


@dataclass
class MergeReport:
    """counts: runs by `Comparison.kind`.  launches: copied.  conflicts: {run id: what differs}.
    damaged: {run id: why it was not copied}.  other_content: grids that were launched in both
    stores with different content; `sweeper table` takes the newer launch."""

    counts: Counter[str] = field(default_factory=Counter)
    launches: int = 0
    conflicts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    other_content: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "copied": self.counts["new"] + self.counts["better"],
            "present": self.counts["same"],
            "scores_added": self.counts["more scores"],
            "unfinished": self.counts["unfinished"],
            "launches": self.launches,
            "conflicts": {run: list(text) for run, text in self.conflicts.items()},
            "damaged": self.damaged,
            "other_content": list(self.other_content),
        }


def merge(
    source: RunSource, uri: str, report_run: Callable[[int, int], None] = lambda done, total: None
) -> MergeReport:
    """Copies what the store at `uri` lacks. The caller holds the lock of the sweep store.

    report_run: called with the number of runs looked at and their total.
    Raises TrackingError for a store that cannot be read or written."""
    database = sqlite_path(uri)
    folder = Path.cwd() if database is None else database.absolute().parent
    with mlflow_errors(uri):
        copier = RunCopier(uri, folder, code_version())
        for run in partial_copies(uri):
            copier.delete(run)
        return _Merge(source, uri, copier).run(report_run)


class _Merge:
    def __init__(self, source: RunSource, uri: str, copier: RunCopier) -> None:
        self._source, self._uri, self._copier = source, uri, copier
        self._own = read_store(uri)
        self._ours = {run.tags[layout.RUN_ID]: run for run in self._own.runs}
        self._names = experiment_names(uri)
        self._conflicts = merged_conflicts(uri)
        self._report = MergeReport()
        self._parents: dict[str, str] = {}  # {MLflow id of a launch there: of the same one here}

    def run(self, report_run: Callable[[int, int], None]) -> MergeReport:
        self._merge_launches()
        runs = self._source.contents.runs
        for number, run in enumerate(runs):
            report_run(number, len(runs))
            self._merge_run(run)
        report_run(len(runs), len(runs))
        return self._report

    def _merge_launches(self) -> None:
        own = {launch.grid_id: launch.stored.mlflow_run_id for launch in self._own.launches}
        for launch in self._source.contents.launches:
            there = launch.stored.mlflow_run_id
            if launch.grid_id not in own:
                own[launch.grid_id] = self._copy(self._source.whole(launch.stored), {})
                self._report.launches += 1
            self._parents[there] = own[launch.grid_id]
        self._report.other_content = _other_content(self._own, self._source.contents)

    def _merge_run(self, run: StoredRun) -> None:
        run_id = run.tags[layout.RUN_ID]
        ours = self._ours.get(run_id)
        found = compare(run, ours)
        try:
            if found.kind in ("new", "better"):
                self._replace(run, ours)
            elif found.kind == "conflict" and ours is not None:
                self._keep_apart(run, ours, found)
            elif ours is not None and found.kind != "unfinished":
                self._complete(run, ours, found)
        except _Damaged as damage:
            self._report.damaged[run_id] = str(damage)
            return
        self._report.counts[found.kind] += 1

    def _replace(self, run: StoredRun, ours: StoredRun | None) -> None:
        whole = self._source.whole(run)
        if ours is not None:
            self._copier.delete(ours)
        self._copy(whole, {})

    def _complete(self, run: StoredRun, ours: StoredRun, found: Comparison) -> None:
        """Adds the names of grids, and scores, that the run here lacks."""
        writer = self._copier.writer(self._names[ours.experiment_id])
        grids = {*_grids(run), *_grids(ours)}
        if grids != set(_grids(ours)):
            tags = {layout.GRIDS: layout.join_list(grids)}
            writer.set_tags(ours.mlflow_run_id, tags)
        if found.scores:
            iterations = int(ours.params["iterations"])
            writer.add_scores(ours.mlflow_run_id, found.scores, iterations)

    def _keep_apart(self, run: StoredRun, ours: StoredRun, found: Comparison) -> None:
        self._report.conflicts[run.tags[layout.RUN_ID]] = found.differences
        if origin(run) in self._conflicts:
            return
        changed = {
            layout.KIND: layout.KIND_CONFLICT,
            layout.CONFLICTS_WITH: ours.mlflow_run_id,
            layout.CONFLICTS: "; ".join(found.differences)[:_MAX_SHOWN],
        }
        whole = self._source.whole(run)
        apart = WholeRun(whole.stored, f"{whole.experiment} conflicts", whole.points)
        self._copy(apart, changed)

    def _copy(self, run: WholeRun, changed: Mapping[str, str]) -> str:
        parent = self._parents.get(run.stored.tags.get(layout.PARENT, ""))
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            try:
                self._source.copy_artifacts(run.stored, folder)
            except ResultsError as error:
                raise _Damaged(str(error)) from error
            _check_readable(run.stored, folder)
            return self._copier.copy(run, folder, parent=parent, changed=changed)


class _Damaged(Exception):
    """Artifacts of a run in the other store that cannot be read."""


def _check_readable(run: StoredRun, folder: Path) -> None:
    """Raises _Damaged for latents or tables that are cut or missing."""
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    if (folder / layout.LATENTS).exists():
        try:
            read_latents_file(folder / layout.LATENTS)
        except TrackingError as error:
            raise _Damaged(f"{layout.LATENTS}: {error.__cause__ or error}") from error
    for name in (layout.TRAJECTORY, layout.METRICS):
        try:
            if (folder / name).exists():
                pq.read_table(folder / name)
        except (OSError, ArrowException) as error:
            raise _Damaged(f"{name} cannot be read") from error


def _grids(run: StoredRun) -> tuple[str, ...]:
    return layout.split_list(run.tags.get(layout.GRIDS, ""))


def _other_content(own: StoreContents, other: StoreContents) -> tuple[str, ...]:
    ids: dict[str, set[str]] = {}
    for launch in own.launches:
        ids.setdefault(launch.grid, set()).add(launch.grid_id)
    found = {o.grid for o in other.launches if o.grid_id not in ids.get(o.grid, {o.grid_id})}
    return tuple(sorted(found))
