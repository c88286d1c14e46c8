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
    shows_held_out = any(row["held_out"] == row["held_out"] for row in records)
    sections: dict[str, list[tuple[PageCell, ...]]] = {}
    for row in records:
        sections.setdefault(dataset_title(row["dataset"]), []).append(
            _cells(row, shows_active, shows_held_out)
        )
    held_out = ["Held-out seeds"] if shows_held_out else []
    header = [
        "Dataset",
        "Model",
        by,
        *held_out,
        "Reconstruction",
        *(["Active"] if shows_active else []),
    ]
    marks = sorted({row["population"] for row in records} - {"real"})
    return Page(
        f"Winners by {by}" + "".join(f" ({mark})" for mark in marks),
        (*header, "Candidates", "Settings", "Runs"),
        tuple(PageSection(name, tuple(rows)) for name, rows in sections.items()),
        tuple(notes),
    )


def _cells(
    row: Mapping[str, Any], shows_active: bool, shows_held_out: bool
) -> tuple[PageCell, ...]:
    texts = [model_title(row["label"]), f"{row['score']:.3f}"]
    if shows_held_out:
        texts.append(_held_out(row))
    texts.append(f"{row[layout.VALID_RECON]:.2f}")
    if shows_active:
        texts.append(NO_VALUE if row["active"] != row["active"] else f"{row['active']:g}")
    texts += [str(row["candidates"]), _settings(row), row["run_ids"]]
    return tuple(map(PageCell, texts))


def _held_out(row: Mapping[str, Any]) -> str:
    """'0.512 (0.480 to 0.530)': the score on seeds that did not choose."""
    if row["held_out"] != row["held_out"]:
        return NO_VALUE
    return f"{row['held_out']:.3f} ({row['held_out_low']:.3f} to {row['held_out_high']:.3f})"


def _settings(row: Mapping[str, Any]) -> str:
    names = ("batch_size", "learning_rate", "iterations", "latent_dim")
    own = [name for name in row if name.startswith("param/")]
    parts = [(name.removeprefix("param/"), row[name]) for name in (*names, *own)]
    return " ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parts
        if value == value and value is not None
    )
