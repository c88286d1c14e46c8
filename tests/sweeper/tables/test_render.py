"""Tables as text: marks, escapes, and numbers in full where they are for further use."""

import json
from html.parser import HTMLParser

import pytest

from sweeper.tables import table
from sweeper.tables.render import render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


class Tags(HTMLParser):
    """Collects start tags, and checks that each is closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.open = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_what_users_name_is_escaped_in_every_format(new_store):
    uri = new_store()
    grid = "<script>alert(1)</script>|_x_%&"
    synthetic.write_launch(uri, invented.small_cells()[:8], grid=grid, artifacts=False)
    found = table(grid, uri)
    html = render(found, "html")
    assert "script" not in Tags(html).seen and "&lt;script&gt;" in html and html.isascii()
    assert r"\_x\_\%\&" in render(found, "latex") and "<script>" not in render(found, "md")
    assert r"\|\_x\_" in render(found, "md")


def test_latex_and_html_mark_the_best_and_the_second(small):
    found = table("7.1", small, grid="table7_1")
    latex, html = render(found, "latex"), render(found, "html")
    lowest = min(row.values["reconstruction"].mean for row in found.rows)
    assert rf"\textbf{{{lowest:.2f}}}" in latex and f"<strong>{lowest:.2f}</strong>" in html
    assert r"$\hat\beta$ = " in latex and r"\toprule" in latex
    assert latex.count("{") == latex.count("}")
    Tags(html)


def test_plain_text_marks_the_best_and_the_second_by_signs(small):
    found = table("7.1", small, grid="table7_1")
    text = render(found, "terminal")
    lowest, second = sorted(row.values["reconstruction"].mean for row in found.rows)[:2]
    assert f" {lowest:.2f}* " in text and f" {second:.2f}+ " in text
    assert "* the best of a column within a dataset" in text


def test_json_holds_numbers_in_full_and_no_nan(small):
    content = json.loads(render(table("7.1", small, grid="table7_1"), "json", compare=True))
    row = content["rows"][0]
    assert row["cbd"] == table("7.1", small, grid="table7_1").rows[0].values["cbd"].mean
    assert row["counts"]["asked"] == 8 and content["partial"] is True
    assert content["deviations"][0]["size"] >= content["deviations"][1]["size"]


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_no_number_is_cut_at_any_width(width):
    from io import StringIO

    from rich.console import Console

    from sweeper.tables.pages.page import Page, PageCell, PageSection
    from sweeper.tables.render.terminal import print_page

    header = ("Dataset", "Model", *(f"Explicitness {n}" for n in range(6)), "Runs")
    row = (PageCell("L-VAE"), *(PageCell(f"{n}.1234", "best") for n in range(6)), PageCell("24/24"))
    page = Page("A table", header, (PageSection("dSprites", (row,)),), ("A note.",))
    console = Console(file=StringIO(), width=width, color_system=None)
    print_page(page, console)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert all(f"{n}.1234" in " ".join(lines) for n in range(6))
    assert "\u2026" not in " ".join(lines) and lines[-1] == "A note."


@pytest.mark.parametrize("width", [30, 44, 60, 80, 120])
def test_counts_and_intervals_are_wrapped_between_their_parts_only(width):
    from io import StringIO

    from rich.console import Console

    from sweeper.tables.pages.page import Page, PageCell, PageSection
    from sweeper.tables.render.terminal import print_page

    texts = ("L-VAE", "0.56 (0.50 to 0.61)", "34/36 (1 diverged, 12 missing)")
    header = ("Dataset", "Model", "CbD", "Runs")
    section = PageSection("dSprites", (tuple(map(PageCell, texts)),))
    console = Console(file=StringIO(), width=width, color_system=None)
    print_page(Page("A table", header, (section,), ()), console)
    lines = console.file.getvalue().splitlines()
    for whole in ("(0.50 to 0.61)", "(1 diverged,", "12 missing)"):
        assert sum(whole in line for line in lines) == 1, lines


def test_plain_text_is_so_wide_that_no_cell_is_wrapped():
    from sweeper.tables.pages.page import Page, PageCell, PageSection
    from sweeper.tables.render.terminal import page_terminal

    names = [f"Explicitness, number {n}" for n in range(6)]
    counts = "4/36 (2 diverged, 4 collapsed, 26 missing)"
    row = (PageCell("L-VAE"), *(PageCell("-") for _ in names), PageCell(counts))
    section = PageSection("dSprites, drawn by a stand-in", (row,))
    lines = page_terminal(Page("A table", ("Dataset", "Model", *names, "Runs"), (section,), ()))
    assert all(text in lines for text in (*names, counts, section.dataset))
