"""What belongs to a user's own code: the file named and what it imports from its own folder."""

import pytest

from trainers.errors import OwnCodeError
from trainers.own_code.source import find_source


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_imports_from_the_own_folder_belong_to_it_and_nothing_else_does(tmp_path):
    write(
        tmp_path,
        mine="import json, numpy\nfrom a import x\nimport sub.deep\nfrom trainers import config",
        a="from b import *\nx = 1",
        b="",
        unused="",
        json="",
        trainers="",
        sub__deep="from . import near",
        sub__near="",
    )
    source = find_source("./mine.py", tmp_path)
    assert set(source.files) == {"mine.py", "a.py", "b.py", "sub/deep.py", "sub/near.py"}
    assert (source.module, source.entry, source.root) == ("", "mine.py", str(tmp_path))


def test_of_a_package_what_it_imports_from_itself_belongs_to_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "neighbour.py").write_text("")
    folder = tmp_path / "own_pkg_a"
    folder.mkdir()
    (folder / "__init__.py").write_text("from own_pkg_a.models import X\nimport neighbour\n")
    (folder / "models.py").write_text("from .parts import Y\nX = Y")
    (folder / "parts.py").write_text("Y = 1")
    names = {"own_pkg_a/__init__.py", "own_pkg_a/models.py", "own_pkg_a/parts.py"}
    source = find_source("own_pkg_a", tmp_path)
    assert set(source.files) == names and source.entry == "own_pkg_a/__init__.py"
    assert set(find_source("own_pkg_a.models", tmp_path).files) == names
    assert find_source("own_pkg_a.models", tmp_path).entry == "own_pkg_a/models.py"


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("./gone.py", "", r"\./gone\.py: no such file"),
        ("./mine.py", "def f(:\n", r"mine\.py:1: invalid syntax"),
        ("mine", "", r"mine: no module of this name is installed; for the file mine.py write"),
        ("own_gone_pkg", "", "own_gone_pkg: no module of this name is installed$"),
    ],
)
def test_what_cannot_be_found_or_parsed_is_one_line(tmp_path, name, text, message):
    write(tmp_path, mine=text)
    with pytest.raises(OwnCodeError, match=message) as error:
        find_source(name, tmp_path)
    assert "\n" not in str(error.value)
