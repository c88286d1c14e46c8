"""Grid files in a folder, and the files that come with the package."""

import itertools
import re
from importlib.resources import files
from pathlib import Path

_FOLDERS = ("shipped_grids", "shipped_examples")  # links to grids/ and examples/ in a clone


def shipped_files() -> list[Path]:
    """Grids, then examples, each sorted by name."""
    package = Path(str(files("sweeper")))
    return [
        path
        for folder in _FOLDERS
        for path in sorted((package / folder).glob("*.*"))
        if path.suffix in (".yaml", ".py", ".json", ".ipynb")
    ]


def summary(path: Path) -> str:
    """The first sentence about a file: of its first comment, docstring or heading."""
    if path.suffix == ".json":
        return "The configuration of one training, for python -m trainers."
    if path.suffix == ".ipynb":
        return "A notebook: ranking, plots and traversals of a study."
    text = path.read_text(encoding="utf-8").removeprefix("# %% [markdown]\n# # ")
    lines = itertools.takewhile(lambda line: line not in ("", "#"), text.splitlines())
    paragraph = " ".join(line.removeprefix("# ") for line in lines)
    return re.split(r"(?<=[.?])\s+(?=[A-Z0-9])", paragraph)[0].split(": sweeper ")[0]


def local_grids(folder: Path) -> list[Path]:
    """The files below `folder` that look like grids, those of this folder first."""
    places = [*sorted(folder.glob("*.yaml")), *sorted(folder.glob("grids/*.yaml"))]
    return [path for path in places if _is_grid(path)]


def _is_grid(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    keys = {line.partition(":")[0] for line in lines}
    return {"datasets", "models"} <= keys
