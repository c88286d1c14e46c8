"""Which code made a number: the package's version, and the commit where it runs from a clone."""

import subprocess
from functools import cache
from pathlib import Path

from sweeper.version import __version__


@cache
def code_version() -> str:
    """'0.1.0', or '0.1.0+1a2b3c4' (with '.changed' for uncommitted changes) in a git clone."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return __version__
    commit = _git(root, "rev-parse", "--short", "HEAD")
    if commit is None:
        return __version__
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{__version__}+{commit}{'.changed' if changed else ''}"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
