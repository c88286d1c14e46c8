"""Mutation testing: changes the code in small ways and names the changes that no test notices.

    make mutants                                        # MODULES below: many hours
    make mutants MODULES="sweeper/ids.py trainers/measures/sap.py"

cosmic-ray does it in a copy of the working tree, with the tests of the same path, one process for
each change."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What every number of a thesis depends on.
MODULES = (
    "sweeper/ids.py",
    "sweeper/planning",
    "sweeper/analysis/rule.py",
    "sweeper/analysis/selection.py",
    "sweeper/store",
    "trainers/measures",
)
CONFIG = """\
[cosmic-ray]
module-path = "{module}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def tests_of(module: str) -> str:
    """The tests of a module: of its own path, else of the nearest folder that has any."""
    path = Path("tests", module)
    own = path.with_name(f"test_{path.stem}.py")
    if (ROOT / own).exists():
        return own.as_posix()
    return next(f.as_posix() for f in path.parents if list((ROOT / f).glob("test_*.py")))


def files_of(path: str) -> list[str]:
    """The Python files below a path."""
    found = [ROOT / path] if path.endswith(".py") else sorted((ROOT / path).rglob("*.py"))
    return [file.relative_to(ROOT).as_posix() for file in found if file.name != "__init__.py"]


def copy_tree(folder: Path) -> None:
    """What git tracks, with its changes."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def survivors(module: str, tests: str, folder: Path) -> str:
    """The report of the mutants of a module that pass its tests."""
    config, session = folder / "mutants.toml", folder / "mutants.sqlite"
    session.unlink(missing_ok=True)
    text = CONFIG.format(module=module, tests=tests, python=sys.executable)
    config.write_text(text, encoding="utf-8")
    tool = [sys.executable, "-m", "cosmic_ray.cli"]
    quiet = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    for command in (
        [*tool, "baseline", str(config)],
        [*tool, "init", str(config), str(session)],
        [*tool, "exec", str(config), str(session)],
    ):
        subprocess.run(command, cwd=folder, env=quiet, check=True)
    report = [sys.executable, "-m", "cosmic_ray.tools.report", "--show-diff", "--surviving-only"]
    done = subprocess.run(
        [*report, str(session)], cwd=folder, capture_output=True, text=True, check=True
    )
    return re.sub(r"\n{3,}", "\n\n", done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--tests", default="", help="paths of tests, for every module")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        copy_tree(Path(temporary))
        for module in [file for path in options.modules for file in files_of(path)]:
            tests = options.tests or tests_of(module)
            print(f"## {module}, by {tests}\n\n{survivors(module, tests, Path(temporary))}")


if __name__ == "__main__":
    main()
