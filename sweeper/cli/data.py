"""Commands about datasets: list, fetch, check, prepare, render."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sweeper.cli import options
from sweeper.cli.start.completion import dataset_names
from sweeper.errors import UsageError
from sweeper.messages import counted

if TYPE_CHECKING:
    from trainers.datasets.access.prepared import PreparedDataset
    from trainers.datasets.listing import DatasetState

app = typer.Typer(help="Datasets: list, fetch, check, prepare and draw them.", no_args_is_help=True)

NAME = typer.Argument(..., help="A dataset, for example mpi3d.", autocompletion=dataset_names)
SOURCE = typer.Option(
    ..., "--source", "--file", help="The published file or its folder; may be repeated."
)
ANY_SIZE = typer.Option(
    False, "--any-size", help="Accept a file of the same layout with another number of images."
)
FOLDER = typer.Option(Path("data"), "--data", help="Folder of prepared datasets.")


@app.command("list")
def list_command(data: Path = FOLDER, as_json: bool = options.JSON) -> None:
    """Show every dataset and the sources that can be used now.

    Example: sweeper data list"""
    from trainers.datasets import list_datasets

    states = list_datasets(data)
    if as_json:
        options.print_json([_listed(row) for row in states])
        return
    from rich.console import Console
    from rich.table import Table

    names = ("dataset", "images", "C x H x W", "factors", "size", "licence", "can be used")
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name == "dataset")
    for row in states:
        table.add_row(
            row.spec.name,
            f"{row.spec.num_images:,}",
            " x ".join(map(str, row.spec.image_CHW)),
            _factors(row.spec.factor_sizes),
            _size(row),
            row.licence,
            ", ".join(row.ready) or "once fetched",
        )
    console = Console()
    console.print(table)
    if not all(row.ready for row in states):
        console.print("Fetch one with: sweeper data fetch NAME", highlight=False)
    for row in states:
        if row.state != "not prepared":
            console.print(f"{row.spec.name}: {_prepared(row)}", soft_wrap=True, highlight=False)


def _listed(row: "DatasetState") -> dict[str, Any]:
    """A row of `data list --json`."""
    return {
        "name": row.spec.name,
        "factors": dict(zip(row.spec.factor_names, row.spec.factor_sizes, strict=True)),
        "images": row.spec.num_images,
        "image_CHW": list(row.spec.image_CHW),
        "state": row.state,
        "ready": list(row.ready),
        "fingerprint": row.fingerprint,
        "size_bytes": row.size_bytes,
        "licence": row.licence,
        "download_bytes": row.download_bytes,
        "prepared_images": row.prepared.spec.num_images if row.prepared else 0,
        "prepared_from": [source["name"] for source in row.prepared.sources]
        if row.prepared
        else [],
    }


def _size(row: "DatasetState") -> str:
    """Of the prepared form, or of what would be downloaded for it where that is known."""
    if row.size_bytes:
        return _bytes(row.size_bytes)
    if not row.spec.files:
        return "no files"
    return f"download {_bytes(row.download_bytes)}" if row.download_bytes else "unknown"


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _prepared(row: "DatasetState") -> str:
    """What was prepared, or why it cannot be read."""
    if row.prepared is None:
        return row.state
    spec, files = row.prepared.spec, [source["name"] for source in row.prepared.sources]
    images = f"prepared: {counted(spec.num_images, 'image')} from {', '.join(files)}"
    factors = [_factors(spec.factor_sizes)] if spec.factor_sizes else []
    return ", ".join([images, *factors, row.fingerprint])


@app.command()
def fetch(
    name: str = NAME,
    data: Path = FOLDER,
    keep: bool = typer.Option(False, "--keep", help="Keep the downloaded files afterwards."),
    as_json: bool = options.JSON,
) -> None:
    """Download a published dataset, check its sums, and prepare it.

    A broken or stopped download continues with the same command. Proxies are read from
    HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

    Example: sweeper data fetch shapes3d"""
    from trainers.datasets import fetch as run

    with _progress(quiet=as_json) as report:
        found = run(name, data, keep=keep, progress=report)
    _print_dataset(name, found, data, as_json)


@app.command()
def check(
    name: str = NAME,
    source: list[Path] = SOURCE,
    any_size: bool = ANY_SIZE,
    as_json: bool = options.JSON,
) -> None:
    """Check a published file: layout, sizes, labels, and the checksum if one is known.

    Example: sweeper data check mpi3d --source mpi3d_real.npz"""
    from trainers.datasets import check as run

    with _progress(quiet=as_json) as report:
        found = run(name, source, any_size=any_size, progress=report)
    if as_json:
        options.print_json(
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
    as_json: bool = options.JSON,
) -> None:
    """Convert a published file to the memory-mapped form that trainings read.

    Example: sweeper data prepare mpi3d --source mpi3d_real.npz"""
    from trainers.datasets import prepare as run

    with _progress(quiet=as_json) as report:
        found = run(name, source, data, any_size=any_size, progress=report)
    _print_dataset(name, found, data, as_json)


def _print_dataset(name: str, found: "PreparedDataset", data: Path, as_json: bool) -> None:
    if as_json:
        options.print_json(
            {"dataset": name, "images": len(found), "fingerprint": found.fingerprint}
        )
    else:
        images = counted(len(found), "image")
        print(f"{name}: {images} in {data / name} ({found.fingerprint})")


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


def _factors(sizes_K: tuple[int, ...]) -> str:
    sizes = " x ".join(map(str, sizes_K))
    return f"{len(sizes_K)} attributes" if len(sizes_K) > 9 else f"{len(sizes_K)}: {sizes}"


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
