"""`launch --submit`: the same launch, on a cluster."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sweeper.errors import UsageError
from sweeper.grid import Grid, Learned, load_grid
from sweeper.messages import mask_credentials
from sweeper.planning.settings import Settings, default_settings
from trainers.own_code.source import find_source

_DASHBOARD = "http://127.0.0.1:8265"


def submit_launch(
    grid: Grid,
    settings: Settings,
    data: Path | None,
    *,
    yes: bool,
    as_json: bool,
    hand_over: bool,
) -> int:
    """Sends a launch to the cluster and copies what it prints. Returns its exit code.

    data: the option --data, if given."""
    from sweeper.engine.on_ray.submission import follow, submit

    check_submission(grid, settings)
    address = settings.address or _DASHBOARD
    name, files = grid_files(grid)
    options = launch_options(settings, data, yes=yes, as_json=as_json, hand_over=hand_over)
    job = submit(address, grid.title, name, files, options)
    to_stop = f"To stop it: sweeper stop {job} --address {address}"
    print(f"submitted {job}. {to_stop}", file=sys.stderr)
    try:
        return follow(address, job)
    except KeyboardInterrupt:
        print(f"{job} continues to run. {to_stop}", file=sys.stderr)
        return 130


def launch_options(
    settings: Settings, data: Path | None, *, yes: bool, as_json: bool, hand_over: bool
) -> list[str]:
    """The options of `launch` that give these settings there."""
    values = {
        "--store": settings.store,
        "--tracking-uri": settings.tracking_uri,
        "--data": None if data is None else str(data.absolute()),
        "--scale": None if settings.scale == 1 else repr(settings.scale),
        "--points": settings.points,
        "--price": None if settings.price is None else repr(settings.price),
        "--retry": settings.retry or None,
    }
    flags = {
        "--synthetic": settings.synthetic,
        "--autoscaling": settings.autoscaling,
        "--spot": settings.spot,
        "--yes": yes,
        "--json": as_json,
        "--hand-over": hand_over,
    }
    given = [word for name, value in values.items() if value is not None for word in (name, value)]
    return [*map(str, given), *(name for name, value in flags.items() if value)]


def grid_files(grid: Grid) -> tuple[str, dict[str, str]]:
    """The path of the grid's file, and {path: text} of it and of all grids that it refers to,
    relative to a folder in which the references hold."""
    texts = dict(_texts(Path(os.path.abspath(grid.origin.file)), grid, set()))
    root = os.path.commonpath([path.parent for path in texts])
    names = {path: path.relative_to(root).as_posix() for path in texts}
    return names[next(iter(texts))], {names[path]: text for path, text in texts.items()}


def _texts(path: Path, grid: Grid, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    seen.add(path)
    yield path, grid.origin.text
    yield from _own_code(path.parent, grid)
    for entry in grid.models:
        for values in entry.params.values():
            for value in values if isinstance(values, tuple) else ():
                if not isinstance(value, Learned):
                    continue
                other = Path(os.path.normpath(path.parent / value.from_))
                if other not in seen:
                    yield from _texts(other, load_grid(other, check_references=False), seen)


def _own_code(folder: Path, grid: Grid) -> Iterator[tuple[Path, str]]:
    """The files that the grid uses, with what they import; packages are not shipped."""
    for name in grid.use:
        source = find_source(name, folder)
        if not source.module:
            place = Path(os.path.normpath(folder / name)).parent
            yield from ((place / file, text) for file, text in source.files.items())


def check_submission(grid: Grid, settings: Settings) -> None:
    """Refuses what the cluster cannot reach: files of this machine, and the folder that Ray makes
    for a job, which it deletes when the job ends. Raises UsageError with every mistake."""
    here = default_settings()
    problems = []
    if settings.engine != "ray":
        problems.append(f"--engine {settings.engine}: a cluster runs Ray; leave it out")
    if settings.store == here.store:
        problems.append("--store: name a folder that the nodes share, or s3://BUCKET/FOLDER")
    if settings.tracking_uri == here.tracking_uri:
        problems.append("--tracking-uri: name an MLflow server, http://HOST:PORT")
    if mask_credentials(settings.tracking_uri) != settings.tracking_uri:
        problems.append(
            "--tracking-uri: Ray shows a job's command to everyone; give user and password to the "
            "cluster as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    for dataset in grid.datasets:
        place = dataset.path or dataset.data
        if place is not None and not Path(place).is_absolute():
            problems.append(
                f"{grid.origin.file}: datasets: {place} is not shipped; give the absolute path "
                "of a folder or file that the nodes share"
            )
    if problems:
        raise UsageError("\n".join(["--submit launches on another machine.", *problems]))
