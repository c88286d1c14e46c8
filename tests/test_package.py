"""The wheel, used in an empty environment without the clone. Dependencies are those of this one."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built by way of the source distribution, as for PyPI."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)]
    command[3:3] = ["--no-isolation"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment that holds the wheel, and borrows its dependencies."""
    folder = tmp_path_factory.mktemp("env") / "venv"
    venv.create(folder, with_pip=False)
    [site] = folder.glob("lib/python3.*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    assert sysconfig.get_path("purelib") in borrowed
    (site / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    return folder / "bin" / "python"


def run(python, folder, *arguments):
    command = [str(python), "-m", "sweeper", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_code_is_that_of_the_wheel(python, tmp_path):
    code = "import sweeper, trainers; print(sweeper.__file__, trainers.__file__)"
    command = [str(python), "-c", code]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert all(str(python.parents[1]) in file for file in found.split())


def test_every_grid_and_example_is_inside(python, tmp_path):
    run(python, tmp_path, "grids", "--all", "--out", "copied")
    names = {path.name for place in ("grids", "examples") for path in (ROOT / place).glob("*.*")}
    assert {path.name for path in (tmp_path / "copied").iterdir()} == names


def test_a_copied_grid_is_planned(python, tmp_path):
    run(python, tmp_path, "grids", "table7_1.yaml")
    assert "1,188 runs" in run(python, tmp_path, "plan", "table7_1.yaml")


def test_reference_tables_are_inside(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tables = {path.name for path in (ROOT / "sweeper/tables/thesis_tables").iterdir()}
    assert tables <= {Path(name).name for name in names}


def test_the_distribution_has_its_own_name_and_the_command_is_sweeper(wheel):
    assert wheel.name.startswith("disentangled_sweeps-")
    archive = zipfile.ZipFile(wheel)
    [entry_points] = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
    assert "sweeper = sweeper.cli:main" in archive.read(entry_points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
