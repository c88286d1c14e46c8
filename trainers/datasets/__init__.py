"""The datasets: one opener for each name a grid may use."""

from pathlib import Path

from trainers.datasets.base import Dataset
from trainers.datasets.dsprites import RenderedDSprites
from trainers.errors import DataError

DATASETS = {"dsprites": RenderedDSprites}


def open_dataset(
    name: str,
    *,
    source: str | None = None,
    data_dir: Path | None = None,
    path: Path | None = None,
) -> Dataset:
    """The dataset `name`. Raises DataError for one that is not at hand."""
    if name not in DATASETS or source not in (None, "rendered"):
        raise DataError(f"dataset {name} ({source}) is not at hand")
    return DATASETS[name]()


def is_prepared(name: str, data_dir: Path) -> bool:
    """Whether the prepared form of a published dataset lies under `data_dir`."""
    return (data_dir / name / "manifest.json").is_file()
