"""Whether a worker runs exactly the driver's code: the same bytes of the three packages.

Otherwise a worker would import what its working folder, PYTHONPATH or node holds, and its numbers
would be recorded under the driver's code version."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sweeper.version import code_digest, package_folder

PACKAGES = ("search_spaces", "sweeper", "trainers")
SHIPPED_DIGEST = "SWEEPER_SHIPPED_DIGEST"  # the digest of the code that a submitted job shipped
_UNPACK_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Code:
    """folders: of each package, as imported in this process.  digest: of all their modules."""

    folders: tuple[str, ...]
    digest: str

    @property
    def root(self) -> str:
        """The folder to import `sweeper` from."""
        return str(Path(self.folders[PACKAGES.index("sweeper")]).parent)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@cache
def code_here() -> Code:
    """The code of this process. Raises ImportError, OSError."""
    folders = [package_folder(name) for name in PACKAGES]
    return Code(tuple(map(str, folders)), _stable_digest(folders))


def _stable_digest(folders: Sequence[Path]) -> str:
    """Waits while Ray unpacks shipped code: nodes that share a machine unpack the same folder
    again, and its files are missing for a moment."""
    shipped, end = os.environ.get(SHIPPED_DIGEST), time.monotonic() + _UNPACK_TIMEOUT_S
    while True:
        last = shipped is None or time.monotonic() > end
        try:
            digest = code_digest(folders)
        except FileNotFoundError:
            if last:
                raise
        else:
            if last or digest == shipped:
                return digest
        time.sleep(0.5)


def difference(driver: dict[str, Any], where: str) -> str:
    """Why this process must not train for a driver with that code, in one line; '' where it may.

    driver: `Code.to_dict()`.  where: this process, as in 'the worker on host a'."""
    here = code_here()
    if here.digest == driver["digest"]:
        return ""
    ours, theirs = _places(here.folders), _places(driver["folders"])
    if ours == theirs:
        return (
            f"{where} has other code than the launch: {ours} differs there, or was changed since "
            f"the launch started (digest {here.digest}, the launch {driver['digest']}). Install "
            "the same code on both, and run the same command again"
        )
    return (
        f"{where} has other code than the launch: it imports {ours} (digest {here.digest}), the "
        f"launch {theirs} (digest {driver['digest']}). Install the same code on both, or ship "
        "it: sweeper launch ... --submit"
    )


def _places(folders: Iterable[str]) -> str:
    """'/a', or every folder where the packages are not side by side."""
    paths = [Path(folder) for folder in folders]
    roots = {path.parent for path in paths}
    return str(roots.pop()) if len(roots) == 1 else ", ".join(map(str, paths))
