"""Which milestones and ends of trainings were reported: a new attempt gives them again."""

from sweeper.engine.jobs import TrainingEvent


class Reported:
    """Of one run of an engine."""

    def __init__(self) -> None:
        self._milestones: set[tuple[str, int]] = set()
        self._ended: set[str] = set()

    def is_new(self, event: TrainingEvent, *, recorded: bool = False) -> bool:
        """Whether an event says something that was not reported. From then on it was.

        recorded: whether it is about milestones that an earlier attempt had reached."""
        name = event.training_id
        milestones = {(name, iteration) for iteration in event.records}
        is_known = name in self._ended or (recorded and milestones <= self._milestones)
        self._milestones |= milestones
        if event.kind != "progress":
            self._ended.add(name)
        return not is_known
