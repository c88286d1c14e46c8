"""Where runs are taken from: an MLflow store, or a pack."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sweeper.errors import UsageError
from sweeper.sharing.pack_file import PackSource, is_pack
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import StoreContents, experiment_names, read_store
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.reading.whole_run import WholeRun, copy_artifacts, read_whole
from sweeper.tracking.uri import check_uri, sqlite_path, sqlite_uri


class RunSource(Protocol):
    """contents: the runs and launches."""

    @property
    def contents(self) -> StoreContents: ...

    def whole(self, run: StoredRun) -> WholeRun:
        """The run with every point of its metrics. Raises TrackingError."""
        ...

    def copy_artifacts(self, run: StoredRun, folder: Path) -> None:
        """Writes the run's artifacts into `folder`. Raises TrackingError."""
        ...


class StoreSource:
    """See `RunSource`. An SQLite store is only read: nothing of it is created or changed."""

    def __init__(self, uri: str) -> None:
        self.contents = read_store(uri)
        self._uri = uri
        self._experiments = experiment_names(uri)

    def whole(self, run: StoredRun) -> WholeRun:
        return read_whole(self._uri, run, self._experiments[run.experiment_id])

    def copy_artifacts(self, run: StoredRun, folder: Path) -> None:
        copy_artifacts(self._uri, run, folder)


@contextlib.contextmanager
def open_source(place: str, own_uri: str) -> Iterator[RunSource]:
    """The source at `place`: a working folder, a database file, a tracking URI, or a pack.

    own_uri: of the store that the runs are to be written into, which is refused as a source.
    Raises UsageError, TrackingError, ResultsError."""
    if is_pack(place):
        with PackSource.open(Path(place)) as pack:
            yield pack
        return
    uri = _uri_of(place)
    if uri == own_uri or _same_file(uri, own_uri):
        raise UsageError(f"{place} is the store itself; name another one")
    yield StoreSource(uri)


def _uri_of(place: str) -> str:
    if "://" in place or place.startswith(("sqlite:", "file:")):
        check_uri(place)
        return place
    path = Path(place)
    if path.is_dir():
        path = path / (sqlite_path(layout.DEFAULT_URI) or "")
    if not path.is_file():
        raise UsageError(
            f"{path}: does not exist. Name a working folder with mlflow.db, a database file, a "
            "tracking URI, or a file that `sweeper pack` wrote"
        )
    return sqlite_uri(path)


def _same_file(uri: str, other: str) -> bool:
    one, two = sqlite_path(uri), sqlite_path(other)
    return bool(one and two and one.exists() and two.exists() and one.samefile(two))
