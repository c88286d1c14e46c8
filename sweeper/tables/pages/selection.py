"""The selected runs as a table for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweeper.analysis.titles import dataset_title, model_title
from sweeper.tables.pages.page import Page, PageCell, PageSection
from sweeper.tracking import layout

if TYPE_CHECKING:
    import pandas as pd


def winners_page(found: "pd.DataFrame", by: str) -> Page:
    """The winners as a table for people."""
    rows = [
        (
            PageCell(model_title(row["label"])),
            PageCell(f"{row['score']:.3f}"),
            PageCell(f"{row[layout.VALID_RECON]:.2f}"),
            PageCell(_settings(row)),
            PageCell(row["run_ids"]),
        )
        for row in found.to_dict("records")
    ]
    names = [dataset_title(row["dataset"]) for row in found.to_dict("records")]
    sections = tuple(
        PageSection(name, tuple(row for row, own in zip(rows, names, strict=True) if own == name))
        for name in dict.fromkeys(names)
    )
    header = ("Dataset", "Model", by, "Reconstruction", "Settings", "Runs")
    return Page(f"Winners by {by}", header, sections, ())


def _settings(row: Mapping[str, Any]) -> str:
    names = ("batch_size", "learning_rate", "iterations", "latent_dim")
    own = [name for name in row if name.startswith("param/")]
    parts = [(name.removeprefix("param/"), row[name]) for name in (*names, *own)]
    return " ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parts
        if value == value and value is not None
    )
