"""The report page: self-contained, escaped, and open about what is missing."""

import re
from html.parser import HTMLParser

import pytest

from sweeper.errors import ResultsError
from sweeper.reports.grid_report import report
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """A page's tags and text; every tag must be closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_is_complete_and_makes_no_request(small_uri):
    text = report("table7_1", small_uri)
    page = Page(text)
    names = [tag for tag, _ in page.tags]
    assert "script" not in names and "link" not in names and "iframe" not in names
    sources = [attrs["src"] for tag, attrs in page.tags if tag == "img"]
    assert len(sources) >= 6 and all(src.startswith("data:image/svg+xml") for src in sources)
    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", text)
    assert all(attrs["alt"].startswith("Figure") for tag, attrs in page.tags if tag == "img")
    assert "40 runs asked for: 40 finished." in page.text
    assert "No runs for 25 of the 29 rows" in page.text
    assert "Figure 7.4: no finished mdl_vae_strong on falcor3d" in page.text
    assert "dsprites/rendered-1" in page.text and "sweeper 0." in page.text


def test_grid_text_and_reasons_are_escaped_and_the_page_is_repeatable(new_store):
    uri, evil = new_store(), "</pre><script>alert('x')</script>"
    synthetic.write_launch(
        uri,
        invented.small_cells()[:8],
        grid="mine",
        grid_text=evil,
        outcome=lambda c: ("diverged", evil) if c["iterations"] == 50_000 else ("finished", ""),
        artifacts=False,
    )
    text = report("mine", uri)
    page = Page(text)
    assert "script" not in [tag for tag, _ in page.tags] and page.text.count(evil) >= 2
    assert "6/8 (2 diverged)" in page.text
    assert text == report("mine", uri)


def test_a_grid_that_was_never_launched_has_no_report(small_uri):
    with pytest.raises(ResultsError, match="no grid 'other' was launched. Launched: table7_1"):
        report("other", small_uri)
