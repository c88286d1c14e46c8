"""The file of a pack: a zip archive whose manifest holds the SHA-256 of every other file.

    manifest.json                what it is, and the digests
    README.md, environment.txt   how to use it; versions of Python and of every package
    grid/                        the grid's file and those that it refers to
    code/                        code of one's own, and uncommitted changes of this package
    tables/                      the grid's table in every format
    runs/ID/, launches/ID/       run.json (parameters, tags, last metrics), points.json, artifacts/

The same study gives the same bytes: times in the archive are fixed. Nothing in it is executed or
unpickled by reading it."""

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from sweeper.errors import ResultsError
from sweeper.messages import first_line
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import Launch, StoreContents
from sweeper.tracking.reading.stored_run import StoredRun
from sweeper.tracking.reading.whole_run import WholeRun

FORMAT = 1
MANIFEST = "manifest.json"
_RUN, _POINTS = "run.json", "points.json"
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive can hold


def is_pack(place: str) -> bool:
    """Whether `place` is a zip archive, and so perhaps a pack."""
    return Path(place).is_file() and zipfile.is_zipfile(place)


class PackWriter:
    """Adds files to a pack, then its manifest."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._digests: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        info = zipfile.ZipInfo(name, _TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._archive.writestr(info, content)
        self._digests[name] = hashlib.sha256(content).hexdigest()

    def add_text(self, name: str, text: str) -> None:
        self.add(name, text.encode())

    def add_run(self, folder: str, run: WholeRun, artifacts: Path) -> None:
        """A run under `folder`, with the files of `artifacts`."""
        about = {"experiment": run.experiment, "stored": vars(run.stored)}
        self.add_text(f"{folder}/{_RUN}", json.dumps(about, indent=1, sort_keys=True))
        self.add_text(f"{folder}/{_POINTS}", json.dumps(run.points))
        for path in sorted(artifacts.rglob("*")):
            if path.is_file():
                name = path.relative_to(artifacts).as_posix()
                self.add(f"{folder}/artifacts/{name}", path.read_bytes())

    def finish(self, about: dict[str, Any]) -> None:
        """Writes the manifest: `about`, and the digests of what was added."""
        self.add_text(
            MANIFEST, json.dumps({"format": FORMAT, **about, "files": self._digests}, indent=1)
        )


class PackSource:
    """See `source.RunSource`. Each file is checked by its digest when it is read."""

    def __init__(self, archive: zipfile.ZipFile, place: Path) -> None:
        self._archive, self._place = archive, place
        self.manifest = self._manifest()
        self.files: dict[str, str] = self.manifest["files"]
        runs = {name: self._stored(name) for name in self._folders("runs")}
        launches = {name: self._stored(name) for name in self._folders("launches")}
        self._names = {r.mlflow_run_id: name for name, r in {**runs, **launches}.items()}
        self.contents = StoreContents(
            str(place),
            tuple(runs.values()),
            tuple(self._launch(name, run) for name, run in launches.items()),
            (),
            (),
        )

    @classmethod
    @contextlib.contextmanager
    def open(cls, place: Path) -> Iterator["PackSource"]:
        """Raises ResultsError for a file that is not a pack, or a damaged one."""
        try:
            with zipfile.ZipFile(place) as archive:
                yield cls(archive, place)
        except (zipfile.BadZipFile, OSError) as error:
            raise ResultsError(f"{place} cannot be read: {first_line(error)}") from error

    def read(self, name: str) -> bytes:
        """A file of the pack. Raises ResultsError where it is damaged."""
        try:
            content = self._archive.read(name)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise ResultsError(f"{self._place}: {name} cannot be read") from error
        if hashlib.sha256(content).hexdigest() != self.files.get(name):
            raise ResultsError(f"{self._place}: {name} is damaged: its SHA-256 is another one")
        return content

    def whole(self, run: StoredRun) -> WholeRun:
        name = self._names[run.mlflow_run_id]
        experiment = json.loads(self.read(f"{name}/{_RUN}"))["experiment"]
        points = json.loads(self.read(f"{name}/{_POINTS}"))
        return WholeRun(run, experiment, tuple((k, v, t, s) for k, v, t, s in points))

    def copy_artifacts(self, run: StoredRun, folder: Path) -> None:
        self.extract(f"{self._names[run.mlflow_run_id]}/artifacts", folder)

    def extract(self, prefix: str, folder: Path) -> None:
        """Writes every file below `prefix` into `folder`."""
        for name in self.files:
            if not name.startswith(f"{prefix}/"):
                continue
            path = folder / name.removeprefix(f"{prefix}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))

    def _manifest(self) -> dict[str, Any]:
        try:
            found = json.loads(self._archive.read(MANIFEST))
            version, files = found["format"], found["files"]
        except (KeyError, ValueError, TypeError) as error:
            raise ResultsError(f"{self._place} was not written by `sweeper pack`") from error
        if version != FORMAT:
            raise ResultsError(
                f"{self._place} has format {version}; this version reads {FORMAT}. Install the "
                f"version that wrote it: {found.get('sweeper', '?')}"
            )
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name:
                raise ResultsError(f"{self._place}: the name {name!r} leads out of the pack")
        return dict(found)

    def _folders(self, kind: str) -> list[str]:
        found = {
            "/".join(name.split("/")[:2]) for name in self.files if name.startswith(f"{kind}/")
        }
        return sorted(found)

    def _stored(self, folder: str) -> StoredRun:
        try:
            return StoredRun(**json.loads(self.read(f"{folder}/{_RUN}"))["stored"])
        except (KeyError, TypeError, ValueError) as error:
            raise ResultsError(f"{self._place}: {folder}/{_RUN} is not a run ({error})") from error

    def _launch(self, folder: str, run: StoredRun) -> Launch:
        plan = json.loads(self.read(f"{folder}/artifacts/{layout.PLAN}"))
        text = self.read(f"{folder}/artifacts/{layout.GRID_TEXT}").decode()
        return Launch(
            run.tags[layout.GRID], run.tags[layout.GRID_ID], run, tuple(plan["cells"]), text
        )
