"""How fast images are drawn, loaded and prepared, on one thread.

    python -m benchmarks.data [--quick]

Rates are of random minibatches of 64, once warm, per second of processor time; `first` is the first
minibatch in this process. Prepared sets hold 2,000 images here, so the page cache has them all.

Preparing is measured against a plain copy of the same file, in the same run and on the same disk.
It is slower because it checks the file's own sums, turns H, W, C into C, H, W and takes a digest.

Shapes: B batch, N images, C H W image."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from trainers.datasets import open_dataset, prepare
from trainers.datasets.access.dataset import Dataset
from trainers.specs.datasets import DATASETS

BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter, and less exact")
    seconds = 0.3 if parser.parse_args().quick else 1.0
    with tempfile.TemporaryDirectory() as folder:
        rows = [*drawn_rates(seconds), *loaded_rates(Path(folder), seconds)]
        print(table(("dataset", "source", "image", "first, ms", "images/s", "MB/s"), rows))
        print(table(("file", "MB", "copy, MB/s", "prepare, MB/s", "ratio"), prepare_rates(folder)))


def drawn_rates(seconds: float) -> list[tuple[str, ...]]:
    rows = []
    for name, spec in DATASETS.items():
        for source in spec.sources:
            if source in ("rendered", "synthetic"):
                rows.append(rate_row(lambda n=name, s=source: open_dataset(n, source=s), seconds))
    return rows


def loaded_rates(folder: Path, seconds: float) -> list[tuple[str, ...]]:
    rows = []
    for size, channels in ((64, 1), (64, 3), (128, 3)):
        count = 2000
        path = folder / f"prepared-{size}-{channels}.npz"
        images = np.random.default_rng(0).integers(0, 256, (count, channels, size, size), np.uint8)
        np.savez(path, images=images, factors=np.arange(count)[:, None])
        rows.append(
            rate_row(lambda p=path: open_dataset(p.stem, path=p, data_dir=folder / "data"), seconds)
        )
    return rows


def rate_row(opener: Callable[[], Dataset], seconds: float) -> tuple[str, ...]:
    rng = np.random.default_rng(0)
    dataset = opener()
    start = time.perf_counter()
    images_BCHW = dataset.images(rng.integers(0, len(dataset), BATCH))
    first_ms = 1000 * (time.perf_counter() - start)
    _count(dataset, rng, 2 * seconds)  # to warm up
    per_second = max(_count(dataset, rng, seconds / 3) for _ in range(3))
    name, source = dataset.fingerprint.split("/")
    return (
        name,
        source.partition("-")[0],
        " x ".join(str(n) for n in dataset.spec.image_CHW),
        f"{first_ms:.0f}",
        f"{per_second:,.0f}",
        f"{per_second * images_BCHW[0].nbytes / 1e6:,.0f}",
    )


def _count(dataset: Dataset, rng: np.random.Generator, seconds: float) -> float:
    """Images per second of processor time, so that others' work on the machine does not count."""
    start, count = time.process_time(), 0
    while time.process_time() - start < seconds:
        dataset.images(rng.integers(0, len(dataset), BATCH))
        count += BATCH
    return count / (time.process_time() - start)


def prepare_rates(folder: str) -> list[tuple[str, ...]]:
    count = 8000
    path = Path(folder) / "images.npz"
    images = np.random.default_rng(0).integers(0, 256, (count, 64, 64, 3), np.uint8)
    np.savez(path, images=images)
    megabytes = path.stat().st_size / 1e6
    copy_s = _best(lambda: shutil.copyfile(path, Path(folder) / "copy.npz"))

    def prepare_again() -> None:
        shutil.rmtree(Path(folder) / "again", ignore_errors=True)
        prepare("mpi3d", path, Path(folder) / "again", any_size=True)

    prepare_s = _best(prepare_again)
    return [
        (
            "MPI3D's layout",
            f"{megabytes:.0f}",
            f"{megabytes / copy_s:,.0f}",
            f"{megabytes / prepare_s:,.0f}",
            f"{copy_s / prepare_s:.2f}",
        )
    ]


def _best(action: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    main()
