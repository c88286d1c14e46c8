"""Makes a working folder of a pack, and compares its tables with those that were packed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweeper.errors import UsageError
from sweeper.sharing.merge import MergeReport, merge
from sweeper.sharing.pack import part_of, tables_of
from sweeper.sharing.pack_file import MANIFEST, PackSource
from sweeper.tracking.reading.reader import read_store

_STORED = ("runs", "launches")  # folders of a pack that become the MLflow store


@dataclass(frozen=True)
class Unpacked:
    """merged: what the store got.  other_tables: packed tables that this version, or a run that
    was in the folder before, makes with other bytes."""

    grid: str
    merged: MergeReport
    other_tables: tuple[str, ...]


def unpack(
    file: Path,
    folder: Path,
    uri: str,
    report_run: Callable[[int, int], None] = lambda done, total: None,
) -> Unpacked:
    """Writes the pack's files into `folder` and its runs into the store at `uri`.

    Files that are there with other content are refused before anything is written. The same call
    continues after an interruption. Raises ResultsError, TrackingError, UsageError."""
    with PackSource.open(file) as pack:
        contents = _files(pack)
        _check_free(folder, contents)
        for name, content in contents.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        merged = merge(pack, uri, report_run)
        grid = str(pack.manifest["grid"])
        ids = {name.split("/")[1] for name in pack.files if name.startswith("runs/")}
        tables = tables_of(part_of(read_store(uri), grid, ids), grid)
    packed = {name: text for name, text in contents.items() if name.startswith("tables/")}
    other = {name for name, text in packed.items() if _text(tables, name) != text}
    return Unpacked(grid, merged, tuple(sorted(other)))


def _files(pack: PackSource) -> dict[str, bytes]:
    """{path: content} of what is not a part of the MLflow store."""
    names = [name for name in pack.files if name.split("/")[0] not in _STORED]
    return {name: pack.read(name) for name in names if name != MANIFEST}


def _check_free(folder: Path, contents: dict[str, bytes]) -> None:
    """Raises UsageError where a file of the folder would be replaced."""
    other = [
        name
        for name, content in contents.items()
        if (folder / name).exists() and (folder / name).read_bytes() != content
    ]
    if other:
        raise UsageError(
            f"{folder} has other files of these names: {', '.join(other)}. Name an empty folder; "
            "`sweeper merge` brings only the runs into a store that exists"
        )


def _text(tables: dict[str, str], name: str) -> bytes:
    return tables.get(name.removeprefix("tables/"), "").encode()
