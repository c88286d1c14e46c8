"""Whether a worker's code is the driver's."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.engine.on_ray.code_check import PACKAGES, code_here, difference
from sweeper.version import code_digest
from tests.sweeper.support.cli_runs import ROOT


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """Another clone, with the same bytes."""
    folder = tmp_path_factory.mktemp("clone")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


def digest(folder: Path) -> str:
    return code_digest([folder / package for package in PACKAGES])


def test_a_clone_with_the_same_bytes_is_the_same_code(copy):
    assert digest(copy) == code_here().digest
    assert code_here().root == str(ROOT)
    assert difference(code_here().to_dict(), "the worker") == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_one_changed_line_anywhere_is_other_code(copy, package):
    before = digest(copy)
    module = copy / package / "extra.py"
    module.write_text("x = 1\n")
    assert digest(copy) != before
    module.unlink()
    assert digest(copy) == before


def test_compiled_and_other_files_do_not_count(copy):
    before = digest(copy)
    (copy / "trainers" / "notes.txt").write_text("x")
    (copy / "trainers" / "__pycache__").mkdir()
    (copy / "trainers" / "__pycache__" / "seeds.cpython-311.pyc").write_bytes(b"x")
    assert digest(copy) == before


def test_other_code_is_refused_in_one_line_that_names_both_places():
    driver = {"folders": [f"/driver/{name}" for name in PACKAGES], "digest": "0" * 16}
    line = difference(driver, "the worker on a")
    assert "\n" not in line
    assert line.startswith(f"the worker on a has other code than the launch: it imports {ROOT} ")
    assert "/driver (digest 0000000000000000)" in line and "--submit" in line


def test_code_that_was_changed_under_a_launch_is_named_as_such():
    line = difference(code_here().to_dict() | {"digest": "0" * 16}, "the worker on a")
    assert f"{ROOT} differs there, or was changed since the launch started" in line


def test_packages_from_different_places_are_all_named():
    driver = {"folders": ["/a/search_spaces", "/b/sweeper", "/a/trainers"], "digest": "0" * 16}
    assert "/a/search_spaces, /b/sweeper, /a/trainers" in difference(driver, "it")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_workers_import_the_driver_s_code_whatever_the_working_folder_holds(copy, tmp_path):
    """A clone of which one line differs, and a package `trainers` of the user's own."""
    program = (
        "import ray\n"
        "from sweeper.engine.on_ray.session import ray_session\n"
        "from sweeper.engine.on_ray.code_check import code_here\n"
        "with ray_session(None, cpus=1):\n"
        "    there = ray.get(ray.remote(lambda: code_here().folders).remote())\n"
        "    print(there == code_here().folders)"
    )
    seeds = copy / "trainers" / "seeds.py"
    seeds.write_text(seeds.read_text() + "\n# changed\n")
    own = tmp_path / "own"
    (own / "trainers").mkdir(parents=True)
    (own / "trainers" / "__init__.py").write_text("raise ImportError('not this one')\n")
    for folder in (copy, own):
        # As the installed command does, unlike `python -c`: without the working folder.
        command = f"import sys\nsys.path[0] = {str(ROOT)!r}\n{program}"
        done = subprocess.run(
            [sys.executable, "-c", command], cwd=folder, capture_output=True, text=True
        )
        assert done.stdout.splitlines() == ["True"], done.stderr
