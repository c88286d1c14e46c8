"""Runs, launches and their plans in a store. Never writes, never migrates."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.long_values import artifact_of, is_shortened
from sweeper.tracking.reading import artifacts, database, server
from sweeper.tracking.reading.stored_run import Experiment, StoredRun
from sweeper.tracking.sqlite_file import HalfMadeStore
from sweeper.tracking.uri import check_uri, is_server, sqlite_path


@dataclass(frozen=True)
class FinishedRun:
    """A run that ended. status: finished, diverged or failed; measures: stored names of those
    scored, and 'latent/active' where it is recorded."""

    run_id: str
    status: str
    measures: frozenset[str]
    mlflow_run_id: str
    grids: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """A launched grid: its name, the cells its plan asks for, and the text of its file."""

    grid: str
    grid_id: str
    stored: StoredRun
    cells: tuple[dict[str, Any], ...]
    grid_text: str


def launch_order(launch: Launch) -> tuple[float, int, str]:
    """Orders launches by when they ended; one that still runs is the newest."""
    end = launch.stored.end_ms
    return (float("inf") if end is None else end, launch.stored.start_ms, launch.grid_id)


@dataclass(frozen=True)
class StoreContents:
    """Everything in a store: runs (one for each run id) and launches, oldest first.

    without_plan: grids of launches without plan.json. deleted: experiments deleted in the UI."""

    uri: str
    runs: tuple[StoredRun, ...]
    launches: tuple[Launch, ...]
    without_plan: tuple[str, ...]
    deleted: tuple[str, ...]


def read_store(uri: str = layout.DEFAULT_URI, *, experiment: str | None = None) -> StoreContents:
    """Every run and launch of one experiment, or of all active ones. Raises TrackingError."""
    stored, deleted = _stored_runs(uri, experiment)
    launches = _launches(uri, stored)
    return StoreContents(
        uri,
        tuple(_deduplicated(stored)),
        tuple(launch for launch in launches if launch.cells),
        tuple(launch.grid for launch in launches if not launch.cells),
        deleted,
    )


def stored_runs(
    uri: str = layout.DEFAULT_URI, run_ids: Collection[str] | None = None
) -> dict[str, StoredRun]:
    """run id -> its MLflow run; {} where there is no store yet. Raises TrackingError.

    run_ids: those that are needed, None for all; of a server more may be read."""
    found = _runs_so_far(uri, None if run_ids is None else (layout.RUN_ID, run_ids))
    return {run.tags[layout.RUN_ID]: run for run in _deduplicated(found)}


class RunReader:
    """Runs by run id, each read once: of a database those that are needed, of a server all of
    them, with the first."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._is_server = is_server(uri)
        self._asked: set[str] = set()
        self._found: dict[str, StoredRun] = {}

    def read(self, run_ids: Iterable[str]) -> Mapping[str, StoredRun]:
        """run id -> its MLflow run, of these and perhaps others. Raises TrackingError."""
        missing = set(run_ids) - self._asked
        if missing and not (self._is_server and self._asked):
            self._found |= stored_runs(self._uri, None if self._is_server else missing)
        self._asked |= missing
        return self._found


def read_launches(uri: str) -> list[Launch]:
    """The launches of a store with the cells that each asks for; [] where there is no store yet.
    Raises TrackingError."""
    found = _runs_so_far(uri, (layout.KIND, (layout.KIND_LAUNCH,)))
    return [launch for launch in _launches(uri, found) if launch.cells]


def _runs_so_far(uri: str, tagged: tuple[str, Collection[str]] | None) -> list[StoredRun]:
    """Runs of every kind; [] where there is no store yet. tagged: see `_stored_runs`."""
    check_uri(uri)
    path = sqlite_path(uri)
    if path is not None and not path.exists():
        return []
    try:
        return _stored_runs(uri, None, tagged)[0]
    except HalfMadeStore:  # the next launch replaces it
        return []


def partial_copies(uri: str) -> list[StoredRun]:
    """Runs of every kind that an interrupted merge has not written completely."""
    return [run for run in _stored_runs(uri, None)[0] if layout.COPYING in run.tags]


def merged_conflicts(uri: str) -> set[str]:
    """The tag MERGED_FROM of each run that `sweeper merge` kept apart."""
    found = (run for run in _stored_runs(uri, None)[0] if _kind(run) == layout.KIND_CONFLICT)
    return {run.tags[layout.MERGED_FROM] for run in found}


def experiment_names(uri: str) -> dict[str, str]:
    """{experiment id: name} of every active experiment. Raises TrackingError."""
    check_uri(uri)
    found = (server if is_server(uri) else database).read_experiments(uri)
    return {experiment.experiment_id: experiment.name for experiment in found if experiment.active}


def finished_runs(stored: Mapping[str, StoredRun]) -> dict[str, FinishedRun]:
    """run id -> run, for every run of `stored_runs` that ended."""
    return {run_id: _finished(run) for run_id, run in stored.items() if ended(run)}


def ended(run: StoredRun) -> bool:
    """Whether the run was written completely: a killed writer leaves it RUNNING."""
    return run.state != "RUNNING" and run.tags.get(layout.STATUS) in layout.STATUSES


def _finished(run: StoredRun) -> FinishedRun:
    tags = run.tags
    return FinishedRun(
        tags[layout.RUN_ID],
        tags[layout.STATUS],
        frozenset(layout.split_list(tags.get(layout.MEASURES, "")))
        | ({layout.LATENT_ACTIVE} & set(run.metrics)),
        run.mlflow_run_id,
        layout.split_list(tags.get(layout.GRIDS, "")),
    )


def _stored_runs(
    uri: str, experiment: str | None, tagged: tuple[str, Collection[str]] | None = None
) -> tuple[list[StoredRun], tuple[str, ...]]:
    """Runs of every kind, and the names of deleted experiments. tagged: (a tag, the values of it
    that are needed); of a server all runs are read where there are several values."""
    check_uri(uri)
    source = server if is_server(uri) else database
    known = source.read_experiments(uri)
    runs = source.read_runs(uri, _experiment_ids(uri, known, experiment), tagged)
    for run in runs:
        _restore_long_values(uri, run)
    return runs, tuple(found.name for found in known if not found.active)


def _restore_long_values(uri: str, run: StoredRun) -> None:
    """Replaces shortened values by the whole texts; descriptions, which nothing reads, stay."""
    for kind, values in (("params", run.params), ("tags", run.tags)):
        for key, value in values.items():
            if key != layout.NOTE and is_shortened(kind, key, value):
                values[key] = artifacts.read_text(uri, run, artifact_of(kind, key))


def _experiment_ids(uri: str, known: Sequence[Experiment], wanted: str | None) -> list[str]:
    """The experiments to read. Raises TrackingError if `wanted` is missing or deleted."""
    active = [found for found in known if found.active]
    if wanted is None:
        return [found.experiment_id for found in active]
    for found in known:
        if found.name == wanted and not found.active:
            raise TrackingError(
                f"experiment {wanted!r} of {mask_credentials(uri)} is deleted. Bring it back: "
                f"MLFLOW_TRACKING_URI={mask_credentials(uri)} mlflow experiments restore "
                f"--experiment-id {found.experiment_id}"
            )
    ids = [found.experiment_id for found in active if found.name == wanted]
    if not ids:
        names = ", ".join(sorted(found.name for found in active))
        raise TrackingError(
            f"no experiment {wanted!r} in {mask_credentials(uri)}. There are: {names}"
        )
    return ids


def _kind(run: StoredRun) -> str:
    return run.tags.get(layout.KIND, "")


def _deduplicated(stored: Sequence[StoredRun]) -> list[StoredRun]:
    """One MLflow run for each run id: of two in a store the finished one, then the older one."""
    best: dict[str, StoredRun] = {}
    for run in stored:
        run_id = run.tags.get(layout.RUN_ID)
        if _kind(run) != layout.KIND_RUN or run_id is None:
            continue
        if run_id not in best or _rank(run) < _rank(best[run_id]):
            best[run_id] = run
    return list(best.values())


def _rank(run: StoredRun) -> tuple[bool, bool, int, str]:
    status = run.tags.get(layout.STATUS)
    return (status != layout.FINISHED, status is None, run.start_ms, run.mlflow_run_id)


def _launches(uri: str, stored: Iterable[StoredRun]) -> list[Launch]:
    return [_launch(uri, run) for run in stored if _kind(run) == layout.KIND_LAUNCH]


def _launch(uri: str, run: StoredRun) -> Launch:
    """A launch as stored; without cells where plan.json is missing or damaged."""
    try:
        plan = artifacts.read_json(uri, run, layout.PLAN)
        cells = tuple(plan["cells"])
    except (TrackingError, KeyError, TypeError):  # missing, or cut by a kill while it was written
        cells = ()
    try:
        text = artifacts.read_text(uri, run, layout.GRID_TEXT)
    except artifacts.MissingArtifact:
        text = ""
    name, grid_id = run.tags.get(layout.GRID, ""), run.tags.get(layout.GRID_ID, "")
    return Launch(name, grid_id, run, cells, text)
