"""What a pack says of the machine and the code that its runs came from."""

import importlib.metadata
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sweeper.publishing.code_version import code_version

_CODE = re.compile(r"[\w./-]+\.py\b")


def environment_text() -> str:
    """Python, platform, the code's version, then every installed package as pip writes it."""
    packages = {
        f"{about['Name']}=={about['Version']}"
        for about in (found.metadata for found in importlib.metadata.distributions())
    }
    lines = [
        f"# Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"# sweeper {code_version()}",
        *sorted(packages, key=str.lower),
    ]
    return "\n".join(lines) + "\n"


def own_code(grid_texts: Mapping[Path, str]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each Python file that a grid names, and of this package's uncommitted
    changes. grid_texts: {path of a grid file: its text}."""
    for grid, text in grid_texts.items():
        for name in sorted(set(_CODE.findall(text))):
            path = grid.parent / name
            if path.is_file():
                yield Path(name).name, path.read_bytes()
    changes = _uncommitted_changes()
    if changes:
        yield "sweeper.patch", changes


def _uncommitted_changes() -> bytes:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return b""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "diff", "--binary", "HEAD"], capture_output=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
