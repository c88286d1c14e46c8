"""Which trainings of a plan run as one program (the key `fused` of a grid)."""

import math
from collections.abc import Iterable

from sweeper.ids import canonical
from sweeper.planning.plan import Training


def fused_groups(trainings: Iterable[Training], at_most: int | None) -> list[list[Training]]:
    """The trainings in groups of `at_most` or fewer, as equal in size as possible.

    Those of a group have the same milestones left and a checkpoint in common, or none, and differ
    in seed, learning rate and numbers of the model. A training that is not fused is a group of its
    own. at_most: None means 1."""
    alike: dict[str, list[_Alike]] = {}
    for training in trainings:
        found = alike.setdefault(_key(training), [])
        if not any(group.add(training) for group in found):
            found.append(_Alike(training))
    return [part for found in alike.values() for group in found for part in group.parts(at_most)]


class _Alike:
    """Trainings that one program can train."""

    def __init__(self, first: Training) -> None:
        self._members = [first]
        self._checkpoints = first.checkpoints

    def add(self, training: Training) -> bool:
        """Whether the training was added: it can continue from where the others can."""
        common = self._checkpoints & training.checkpoints
        if not common and (self._checkpoints or training.checkpoints):
            return False
        self._members.append(training)
        self._checkpoints = common
        return True

    def parts(self, at_most: int | None) -> list[list[Training]]:
        """In the order of their ids, so that the next launch forms the same parts."""
        ordered = sorted(self._members, key=lambda training: training.training_id)
        count = math.ceil(len(ordered) / (at_most or 1))
        return [ordered[start::count] for start in range(count)]


def _key(training: Training) -> str:
    """Equal for trainings that one program can train from the start."""
    if not training.config.fused or training.unresolved:
        return training.training_id
    return canonical([training.config.program_identity(), training.todo])
