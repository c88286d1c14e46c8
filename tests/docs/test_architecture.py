"""ARCHITECTURE.md: its picture is that of the imports, and what it points at exists."""

import re
from pathlib import Path

import pytest

from tests.support.package_picture import PICTURE, draw, package_imports

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_picture_shows_the_imports_of_today():
    drawn = PICTURE.read_text(encoding="utf-8")
    assert drawn == draw(package_imports()), "run python -m tests.support.package_picture"


def test_every_package_is_in_the_picture():
    drawn = PICTURE.read_text(encoding="utf-8")
    for top in ("sweeper", "trainers", "search_spaces"):
        for folder in (ROOT / top).iterdir():
            if (folder / "__init__.py").exists():
                assert re.search(rf">{folder.name}( \(\w+\))?</text>", drawn), folder.name


def test_the_page_is_short():
    assert len(PAGE.splitlines()) < 120


def test_the_files_to_begin_with_are_short():
    begin = re.findall(r"^\d\. `([\w./]+\.py)`", PAGE.partition("## Where is")[0], re.MULTILINE)
    assert len(begin) == 4
    assert all(len((ROOT / path).read_text().splitlines()) <= 300 for path in begin)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([\w./]+/[\w./]*)`", PAGE))))
def test_every_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), re.findall(r"`([\w./]+\.py)` \(`(\w+)`\)", PAGE))
def test_every_name_is_defined_in_its_file(path, name):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(def|class) {name}\b|^\s*{name}\b.*[:=]", text, re.MULTILINE)
