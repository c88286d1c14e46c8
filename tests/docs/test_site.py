"""The site: built without a warning, every link leads somewhere, nothing is fetched to read it."""

import re
import subprocess
import sys
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("furo"), reason="needs pip install '.[docs]'"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("html")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs"]
    done = subprocess.run([*command, str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def pages(site):
    return [path for path in site.rglob("*.html") if "_static" not in path.parts]


def links(html):
    return [unescape(found) for found in re.findall(r'(?:href|src)="([^"]*)"', html)]


def ids(html):
    return set(re.findall(r'\bid="([^"]*)"', html))


def test_every_link_leads_to_a_page_and_a_place_on_it(site):
    texts = {path: path.read_text(encoding="utf-8") for path in pages(site)}
    wrong = []
    for path, text in texts.items():
        for link in links(text):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.exists() or (
                anchor and target in texts and anchor not in ids(texts[target])
            ):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert not wrong


def test_every_page_is_in_the_contents(site):
    contents = (site / "index.html").read_text(encoding="utf-8")
    for path in (ROOT / "docs").rglob("*.md"):
        place = path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        if place.split("/")[0] not in ("_build", "index.html", "results"):
            assert f'href="{place}"' in contents, place


def test_nothing_is_loaded_from_another_place(site):
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*src="([^"]*)"', text)
        loaded += re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]*)"', text)
        assert not [address for address in loaded if "//" in address], path


def test_long_paths_in_tables_may_continue_on_a_next_line(site):
    text = (site / "faults.html").read_text(encoding="utf-8")
    assert re.search(r"tests/(?:</span>)?<wbr>", text)


def test_equations_are_drawn_without_scripts(site):
    text = (site / "reference" / "measures.html").read_text(encoding="utf-8")
    assert text.count("<math") > 27 and not re.search(r'src="[^"]*mathjax', text, re.IGNORECASE)


def test_the_search_has_an_index_of_its_own(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(") and "mdl_vae_strong" in index
