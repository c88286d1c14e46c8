"""Writes a study as one file: everything that its tables are made from, and the tables."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sweeper.analysis.population import launched, newest_launches
from sweeper.analysis.study import study_of
from sweeper.errors import ResultsError, UsageError
from sweeper.messages import counted
from sweeper.publishing.code_version import code_version
from sweeper.sharing.environment import environment_text, own_code
from sweeper.sharing.pack_file import PackWriter
from sweeper.sharing.source import StoreSource
from sweeper.tables import table
from sweeper.tables.render import render
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import StoreContents, ended
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.files import write_then_rename

_FORMATS = ("md", "csv", "latex", "html", "json")
_ENDINGS = {"latex": "tex"}
_README = """# {grid}

A study packed by sweeper {version}: {runs}. To read it:

    pip install disentangled-sweeps
    sweeper unpack {file} {grid}
    cd {grid} && sweeper table {grid} --grid {grid}

`sweeper unpack` checks every file by its SHA-256, makes an MLflow store of the runs, makes the
tables again and compares them with `tables/`, byte by byte. `sweeper merge {file}` brings the runs
into a store that exists. Without sweeper: `runs/ID/run.json` holds a run's parameters and scores,
`runs/ID/artifacts/` its latents (HDF5) and curves (Parquet). `environment.txt` lists the versions
of all packages.
"""


@dataclass(frozen=True)
class Packed:
    """runs: in the pack.  missing: asked for by the grid, and not finished.  size: in bytes."""

    file: Path
    runs: int
    missing: int
    size: int


def pack(
    grid: str,
    uri: str,
    out: Path,
    files: Mapping[Path, str],
    report_run: Callable[[int, int], None] = lambda done, total: None,
) -> Packed:
    """Packs what the newest launch of `grid` asked for into `out`.

    grid: a launched grid's name.  files: {path: text} of its file and of those that it refers to;
    empty where only the launch is left.  Raises ResultsError, TrackingError, UsageError."""
    source = StoreSource(uri)
    population = launched(study_of(source.contents), grid, rehearsal=None, synthetic=None)
    contents = part_of(source.contents, grid, {row["run_id"] for row in population.rows})
    if not contents.runs:
        raise ResultsError(f"no run of grid {grid!r} has ended; launch it first")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with write_then_rename(out) as path, zipfile.ZipFile(path, "w") as archive:
            writer = PackWriter(archive)
            for number, run in enumerate(contents.runs):
                report_run(number, len(contents.runs))
                _add_run(writer, source, f"runs/{run.tags[layout.RUN_ID]}", run)
            for launch in contents.launches:
                _add_run(writer, source, f"launches/{launch.grid_id}", launch.stored)
            _add_texts(writer, contents, grid, files, out.name)
            report_run(len(contents.runs), len(contents.runs))
            about = {"sweeper": code_version(), "grid": grid, "runs": len(contents.runs)}
            writer.finish(about)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror})") from error
    missing = len(population.rows) - len(population.finished)
    return Packed(out, len(contents.runs), missing, out.stat().st_size)


def part_of(contents: StoreContents, grid: str, run_ids: Collection[str]) -> StoreContents:
    """The newest launch of a grid, and the runs of these ids that have ended, by run id."""
    runs = [run for run in contents.runs if run.tags[layout.RUN_ID] in run_ids and ended(run)]
    return replace(
        contents,
        runs=tuple(sorted(runs, key=lambda run: run.tags[layout.RUN_ID])),
        launches=(newest_launches(contents.launches)[grid],),
        without_plan=(),
        deleted=(),
    )


def tables_of(contents: StoreContents, grid: str) -> dict[str, str]:
    """{file name: text} of the grid's table in every format."""
    found = table(grid, study_of(contents), grid=grid, rehearsal=None, synthetic=None)
    return {f"{grid}.{_ENDINGS.get(name, name)}": render(found, name) for name in _FORMATS}


def _add_run(writer: PackWriter, source: StoreSource, folder: str, run: StoredRun) -> None:
    with tempfile.TemporaryDirectory() as place:
        source.copy_artifacts(run, Path(place))
        writer.add_run(folder, source.whole(run), Path(place))


def _add_texts(
    writer: PackWriter,
    contents: StoreContents,
    grid: str,
    files: Mapping[Path, str],
    file_name: str,
) -> None:
    """Grid, tables, environment, code and README."""
    (launch,) = contents.launches
    root = os.path.commonpath([path.parent for path in files]) if files else ""
    texts = {path.relative_to(root).as_posix(): text for path, text in files.items()}
    for name, text in (texts or {f"{grid}.yaml": launch.grid_text}).items():
        writer.add_text(f"grid/{name}", text)
    for name, text in tables_of(contents, grid).items():
        writer.add_text(f"tables/{name}", text)
    writer.add_text("environment.txt", environment_text())
    for name, content in own_code(files):
        writer.add(f"code/{name}", content)
    runs = counted(len(contents.runs), "run")
    about = _README.format(grid=grid, version=code_version(), runs=runs, file=file_name)
    writer.add_text("README.md", about)
