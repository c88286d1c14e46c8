"""Imports point one way, and planning stays light."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("search_spaces", "trainers", "sweeper")
HEAVY = {"torch", "ray", "mlflow", "sklearn", "pandas", "matplotlib", "scipy", "h5py", "optuna"}

# What a part of the tree must not import, however deep inside a function.
FORBIDDEN = {
    "search_spaces": {"trainers", "sweeper", "torch", "ray", "mlflow"},
    "trainers": {"search_spaces", "sweeper", "ray", "mlflow", "optuna"},
    "trainers/specs": HEAVY,
    "trainers/seeds.py": HEAVY,
    "trainers/errors.py": HEAVY,
    "trainers/config.py": HEAVY | {"numpy"},
    "trainers/config_checks.py": HEAVY | {"numpy"},
    "sweeper/grid": HEAVY - {"h5py"},
    "sweeper/analysis": {"ray", "torch"},
    "sweeper/tables": {"ray", "torch"},
    "sweeper/figures": {"ray", "torch"},
    "sweeper/reports": {"ray", "torch"},
    "sweeper/plotting": {"ray", "torch"},
}
# The only place that may import a library.
ONLY_IN = {
    "ray": ("sweeper/engine/on_ray",),
    "mlflow": ("sweeper/tracking",),
    "optuna": ("search_spaces/samplers",),
}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add((node.module or "").split(".")[0])
    return names


def is_under(path: Path, part: str) -> bool:
    here = path.relative_to(ROOT).as_posix()
    return here == part or here == f"{part}.py" or here.startswith(f"{part}/")


@pytest.mark.parametrize("part", [*FORBIDDEN, *(p for parts in ONLY_IN.values() for p in parts)])
def test_every_part_named_here_exists(part: str) -> None:
    assert any(is_under(path, part) for path in sources()), f"{part} guards nothing"


@pytest.mark.parametrize("part", FORBIDDEN)
def test_no_part_imports_what_it_must_not(part: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in sources()
        if is_under(path, part) and (found := imported(path) & FORBIDDEN[part])
    }
    assert not wrong


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_has_one_place(library: str) -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources()
        if library in imported(path) and not any(is_under(path, part) for part in ONLY_IN[library])
    ]
    assert not wrong


def test_no_module_imports_the_names_that_a_package_offers() -> None:
    """`sweeper` imports its own modules for programs: a module that imports it is in a circle."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and {alias.name for alias in node.names} & {"sweeper"}
    ]
    assert not wrong


def test_no_package_has_more_than_twelve_modules() -> None:
    modules = Counter(path.parent for path in sources() if path.name != "__init__.py")
    assert {str(folder) for folder, count in modules.items() if count > 12} == set()
    assert modules[ROOT / "sweeper"] <= 7


def test_no_file_hides_a_library() -> None:
    hiding = [path for path in sources() if path.stem in HEAVY]
    assert not hiding


def loaded_after(code: str) -> set[str]:
    """Which of the heavy libraries a fresh interpreter has loaded after running `code`."""
    program = f"{code}\nimport sys\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_planning_loads_nothing_heavy() -> None:
    code = (
        "from sweeper.grid import Grid, load_grid\nfrom sweeper.planning.plan import make_plan\n"
        "import sweeper.grid.schema, sweeper.cost.estimate, sweeper.search.space\n"
        "make_plan(load_grid('grids/quickstart.yaml'))"
    )
    assert loaded_after(code) == set()


def test_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_after("import sweeper.cli") == set()


@pytest.mark.parametrize("package", ["trainers", "search_spaces", "sweeper"])
def test_a_package_alone_loads_nothing_heavy(package: str) -> None:
    assert loaded_after(f"import {package}") == set()
