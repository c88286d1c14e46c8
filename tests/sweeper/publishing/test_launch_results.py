"""What a launch attaches to its parent run."""

from pathlib import Path

import pytest

from sweeper.publishing import launch_results
from sweeper.publishing.launch_results import attach_results, launch_note
from sweeper.tables import table
from sweeper.tracking import layout


class Parent:
    """A writer that records its calls."""

    def __init__(self, uri):
        self.uri, self.files, self.tags = uri, {}, {}

    def attach_all(self, run, folder):
        for path in sorted(Path(folder).rglob("*.*")):
            self.files[path.relative_to(folder).as_posix()] = path.read_bytes()

    def set_tags(self, run, tags):
        self.tags |= tags


@pytest.fixture(scope="module")
def parent(small_uri, small):
    found = Parent(small_uri)
    attach_results(found, "parent", "table7_1", small)
    return found


def test_the_table_is_there_in_three_formats_and_as_the_description(parent):
    assert {f"tables/table_7_1.{kind}" for kind in ("md", "csv", "html")} <= set(parent.files)
    assert parent.files["tables/table_7_1.html"].startswith(b"<!DOCTYPE html>")
    assert b"| dSprites | VAE |" in parent.files["tables/table_7_1.md"]
    assert "| dSprites | VAE |" in parent.tags[layout.NOTE]


def test_the_report_shows_the_figures_that_are_files_too(parent):
    drawn = {name for name in parent.files if name.startswith("figures/")}
    assert {"figures/figure_4_1.png", "figures/figure_6_1.png", "figures/figure_7_2.png"} <= drawn
    assert all(parent.files[name].startswith(b"\x89PNG") for name in drawn)
    page = parent.files[layout.REPORT].decode()
    assert page.count("data:image/png;base64,") == len(drawn)


def test_the_description_uses_tags_that_the_ui_lets_through(small):
    note = launch_note(table("table7_1", small))
    assert "<ins>" in note and "<u>" not in note and "artifacts" in note


def test_an_unknown_grid_gets_no_results(small_uri, small):
    parent = Parent(small_uri)
    attach_results(parent, "parent", "never-launched", small)
    assert parent.files == {} and parent.tags == {}


def test_a_report_that_cannot_be_made_does_not_fail_the_launch(
    small_uri, small, monkeypatch, caplog
):
    def broken(*args, **kwargs):
        raise RuntimeError("no font")

    monkeypatch.setattr(launch_results, "make_report", broken)
    parent = Parent(small_uri)
    attach_results(parent, "parent", "table7_1", small)
    assert parent.files == {}
    assert "report of table7_1 could not be made" in caplog.text
