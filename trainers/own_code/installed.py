"""Parts that installed packages bring: their entry points, loaded when a grid names them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from trainers.errors import OwnCodeError
from trainers.own_code.registry import is_own, use
from trainers.specs.own import KINDS, Kind


@dataclass(frozen=True)
class Installed:
    """An entry point 'NAME = module:attribute' of the group sweeper.models, sweeper.networks,
    sweeper.datasets or sweeper.measures.  package: the distribution that has it, with version."""

    kind: Kind
    name: str
    module: str
    package: str


@cache
def installed_parts() -> dict[tuple[Kind, str], Installed]:
    """The entry points of all installed packages; loads none."""
    return {(part.kind, part.name): part for part in _entry_points()}


def _entry_points() -> Iterator[Installed]:
    for kind in KINDS:
        for point in entry_points(group=f"sweeper.{kind}s"):
            found = point.dist
            package = f"{found.name} {found.version}" if found is not None else ""
            yield Installed(kind, point.name, point.module, package)


def load_installed(kind: Kind, name: str) -> bool:
    """Whether an installed package brings this part; loads its module. Raises OwnCodeError."""
    if is_own(kind, name):
        return True
    found = installed_parts().get((kind, name))
    if found is None:
        return False
    use(found.module, Path())
    if not is_own(kind, name):
        raise OwnCodeError(
            f"{found.package}: its entry point sweeper.{kind}s {name} names the module "
            f"{found.module}, which defines no {kind} of this name"
        )
    return True
