"""`make mutants`: which tests try the mutants of a module, and what is copied."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mutants(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import mutants

    yield mutants
    del sys.modules["mutants"]


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("sweeper/ids.py", "tests/sweeper/test_ids.py"),
        ("sweeper/planning/points.py", "tests/sweeper/planning/test_points.py"),
        ("sweeper/planning/settings.py", "tests/sweeper/planning"),
        ("trainers/measures/sap.py", "tests/trainers/measures"),
    ],
)
def test_a_module_is_tried_by_the_tests_of_its_path_or_folder(mutants, module, tests):
    assert mutants.tests_of(module) == tests


def test_every_module_of_the_default_is_there_and_has_tests(mutants):
    for path in mutants.MODULES:
        files = mutants.files_of(path)
        assert files and all((ROOT / mutants.tests_of(file)).exists() for file in files), path


def test_the_copy_holds_the_changes_and_nothing_that_git_ignores(mutants, tmp_path):
    mutants.copy_tree(tmp_path)
    assert (tmp_path / "sweeper/ids.py").read_bytes() == (ROOT / "sweeper/ids.py").read_bytes()
    assert (tmp_path / "grids/quickstart.yaml").exists() and not (tmp_path / ".venv").exists()
