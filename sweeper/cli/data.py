"""Commands about datasets: list, check, prepare, render."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from sweeper.cli import options as common
from sweeper.cli.start.completion import dataset_names
from sweeper.errors import UsageError

app = typer.Typer(help="Datasets: list, check, prepare and draw them.", no_args_is_help=True)

NAME = typer.Argument(..., help="A dataset, for example mpi3d.", autocompletion=dataset_names)
SOURCE = typer.Option(
    ..., "--source", "--file", help="The published file or its folder; may be repeated."
)
ANY_SIZE = typer.Option(
    False, "--any-size", help="Accept a file of the same layout with another number of images."
)
FOLDER = typer.Option(Path("data"), "--data", help="Folder of prepared datasets.")


@app.command("list")
def list_command(data: Path = FOLDER, as_json: bool = common.JSON) -> None:
    """Show every dataset and the sources that can be used now.

    Example: sweeper data list"""
    from trainers.datasets import list_datasets

    rows: list[dict[str, Any]] = [
        {
            "name": row.spec.name,
            "factors": dict(zip(row.spec.factor_names, row.spec.factor_sizes, strict=True)),
            "images": row.spec.num_images,
            "image_CHW": list(row.spec.image_CHW),
            "state": row.state,
            "ready": list(row.ready),
            "fingerprint": row.fingerprint,
            "size_bytes": row.size_bytes,
        }
        for row in list_datasets(data)
    ]
    if as_json:
        common.print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table

    names = ("dataset", "images", "C x H x W", "factors", "state", "can be used")
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row["name"],
            f"{row['images']:,}",
            " x ".join(map(str, row["image_CHW"])),
            _factors(row["factors"]),
            row["state"],
            ", ".join(row["ready"]) or "sweeper data prepare",
        )
    Console().print(table)


@app.command()
def check(
    name: str = NAME,
    source: list[Path] = SOURCE,
    any_size: bool = ANY_SIZE,
    as_json: bool = common.JSON,
) -> None:
    """Check a published file: layout, sizes, labels, and the checksum if one is known.

    Example: sweeper data check mpi3d --source mpi3d_real.npz"""
    from trainers.datasets import check as run

    with _progress(quiet=as_json) as report:
        found = run(name, source, any_size=any_size, progress=report)
    if as_json:
        common.print_json(
            {"dataset": name, "kind": found.fingerprint_kind, "checksum": found.checksum}
        )
    else:
        print(f"{name}: {found.fingerprint_kind}; checksum {found.checksum}")


@app.command()
def prepare(
    name: str = NAME,
    source: list[Path] = SOURCE,
    data: Path = FOLDER,
    any_size: bool = ANY_SIZE,
    as_json: bool = common.JSON,
) -> None:
    """Convert a published file to the memory-mapped form that trainings read.

    Example: sweeper data prepare mpi3d --source mpi3d_real.npz"""
    from trainers.datasets import prepare as run

    with _progress(quiet=as_json) as report:
        found = run(name, source, data, any_size=any_size, progress=report)
    if as_json:
        common.print_json({"dataset": name, "images": len(found), "fingerprint": found.fingerprint})
    else:
        print(f"{name}: {len(found):,} images in {data / name} ({found.fingerprint})")


@app.command()
def render(
    name: str = NAME,
    source: str = typer.Option(None, "--source", help="rendered, published or synthetic"),
    path: Path = typer.Option(None, "--path", help="A file of your own with images and factors."),
    data: Path = FOLDER,
    out: Path = typer.Option(None, "--out", help="The picture. Default: NAME.png in this folder."),
    columns: int = typer.Option(8, "--columns", min=1, max=64, help="Images in a row."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of the fixed factors."),
) -> None:
    """Draw a sheet of images; in each row one factor varies and the others are fixed.

    Example: sweeper data render dsprites --out dsprites.png"""
    from trainers.datasets import DATASETS, is_prepared, open_dataset, render_sheet

    if source is None and path is None and name in DATASETS and not is_prepared(name, data):
        source = _source_without_file(name)
    dataset = open_dataset(name, source=source, data_dir=data, path=path)
    out = out or Path(f"{name}.png")
    try:
        rows = render_sheet(dataset, out, columns=columns, seed=seed)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from error
    print(f"{out}: {dataset.fingerprint}; rows from the top: {', '.join(rows)}")


def _source_without_file(name: str) -> str | None:
    """A source of the dataset that needs no file, or None."""
    from trainers.specs.datasets import DATASETS

    return next((s for s in DATASETS[name].sources if s in ("rendered", "synthetic")), None)


def _factors(factors: dict[str, int]) -> str:
    sizes = " x ".join(map(str, factors.values()))
    return f"{len(factors)} attributes" if len(factors) > 9 else f"{len(factors)}: {sizes}"


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """A function to report bytes to, which are shown as bars; None with `quiet`."""
    if quiet:
        yield None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn()) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report
