"""The selected runs as a table for people."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweeper.analysis.titles import dataset_title, model_title
from sweeper.tables.pages.page import NO_VALUE, Page, PageCell, PageSection
from sweeper.tracking import layout

if TYPE_CHECKING:
    import pandas as pd


def winners_page(found: "pd.DataFrame", by: str, notes: Sequence[str] = ()) -> Page:
    """The winners, a section for each dataset."""
    records = found.to_dict("records")
    shows_active = any(row["active"] == row["active"] for row in records)
    sections: dict[str, list[tuple[PageCell, ...]]] = {}
    for row in records:
        sections.setdefault(dataset_title(row["dataset"]), []).append(_cells(row, shows_active))
    header = ["Dataset", "Model", by, "Reconstruction", *(["Active"] if shows_active else [])]
    marks = sorted({row["population"] for row in records} - {"real"})
    return Page(
        f"Winners by {by}" + "".join(f" ({mark})" for mark in marks),
        (*header, "Candidates", "Settings", "Runs"),
        tuple(PageSection(name, tuple(rows)) for name, rows in sections.items()),
        tuple(notes),
    )


def _cells(row: Mapping[str, Any], shows_active: bool) -> tuple[PageCell, ...]:
    texts = [model_title(row["label"]), f"{row['score']:.3f}", f"{row[layout.VALID_RECON]:.2f}"]
    if shows_active:
        texts.append(NO_VALUE if row["active"] != row["active"] else f"{row['active']:g}")
    texts += [str(row["candidates"]), _settings(row), row["run_ids"]]
    return tuple(map(PageCell, texts))


def _settings(row: Mapping[str, Any]) -> str:
    names = ("batch_size", "learning_rate", "iterations", "latent_dim")
    own = [name for name in row if name.startswith("param/")]
    parts = [(name.removeprefix("param/"), row[name]) for name in (*names, *own)]
    return " ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parts
        if value == value and value is not None
    )
