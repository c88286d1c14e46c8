"""The version of this package, and a digest of its code."""

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"


def package_folder(name: str) -> Path:
    """Where this process imports a package from, without importing it. Raises ImportError."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"{name} has no __init__.py: it is not this program's package")
    return Path(spec.origin).resolve().parent


def code_digest(folders: Iterable[Path]) -> str:
    """Of the names and bytes of every module below the folders, wherever these are. The grids and
    examples that come with the package are no part of its code; in a clone they are links."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            place = path.relative_to(folder)
            if place.parts[0].startswith("shipped_"):
                continue
            name = f"{folder.name}/{place.as_posix()}"
            content = path.read_bytes()
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
