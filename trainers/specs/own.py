"""Which models, networks, datasets and measures are a user's own, and the digests of their code.

Empty until `trainers.own_code` loads a file or package. A digest is that of the syntax trees of the
file and of what it imports from its own folder (`own_code.digest`)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["model", "network", "dataset", "measure"]
KINDS: tuple[Kind, ...] = ("model", "network", "dataset", "measure")
OWN_SOURCE = "own"  # the source of a dataset that is a class of a user's own


@dataclass(frozen=True)
class OwnPart:
    """place: the file or module that defines it, as users name it."""

    kind: Kind
    name: str
    digest: str
    place: str


PARTS: dict[tuple[Kind, str], OwnPart] = {}


def code_digests(*, model: str, network: str, dataset: str, source: str) -> dict[str, str]:
    """{'model': digest, ..} of the parts of a training that are a user's own; {} for none."""
    names: dict[Kind, str] = {"model": model, "network": network}
    if source == OWN_SOURCE:
        names["dataset"] = dataset
    return {kind: PARTS[kind, name].digest for kind, name in names.items() if (kind, name) in PARTS}
