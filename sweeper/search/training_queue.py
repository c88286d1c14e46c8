"""A queue of trainings over the searches of all datasets.

The engine takes a training whenever a worker is free. Datasets alternate; a point with several
seeds gives several trainings. The queue is not empty until the search ends: no worker waits for
the results of others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sweeper.planning.plan import Training
from sweeper.search.candidate import Candidate, EndReason
from sweeper.search.dataset_search import DatasetSearch
from sweeper.search.objective import Scores


@dataclass
class TrainingQueue:
    """exhausted: why nothing more may be started, or ''; called before every start and at every
    milestone.  on_start: called with each point whose trainings are queued."""

    searches: Sequence[DatasetSearch]
    exhausted: Callable[[], str] = lambda: ""
    on_start: Callable[[Candidate], None] = lambda candidate: None
    _owner: dict[str, DatasetSearch] = field(default_factory=dict)
    _waiting: list[Training] = field(default_factory=list)
    _next_search: int = 0

    def next(self) -> Training | None:
        """The next training; None when there are no more."""
        while True:
            while self._waiting:
                training = self._waiting.pop(0)
                if not self._owner[training.training_id].is_to_stop(training.training_id):
                    if not self.exhausted():
                        return training
                    self._end(training.training_id, "budget", self.exhausted())
                else:
                    self._end(training.training_id)
            if self.exhausted() or not self._propose():
                return None

    def add_scores(
        self, training_id: str, scores: Mapping[int, Scores], *, finished: bool = False
    ) -> bool:
        """Takes in scores of milestones just reached. finished: there are no more.  Returns whether
        the training is to stop here."""
        owner = self._owner.get(training_id)
        if owner is None:
            return True
        stops = owner.is_to_stop(training_id)
        for iteration, metrics in scores.items():
            stops = owner.add_scores(training_id, iteration, metrics) or stops
        exhausted = "" if finished or stops or not scores else self.exhausted()
        if finished or stops:
            self._end(training_id)
        elif exhausted:
            self._end(training_id, "budget", exhausted)
        return stops or bool(exhausted)

    def give_up(self, training_id: str, end: EndReason, reason: str) -> None:
        """A training diverged or failed."""
        if training_id in self._owner:
            self._end(training_id, end, reason)

    @property
    def num_unproposed(self) -> int:
        """Points that were requested and are not proposed."""
        return sum(search.unproposed for search in self.searches)

    def _propose(self) -> bool:
        """Queues the trainings of the next point, of the next dataset that has one."""
        for offset in range(len(self.searches)):
            search = self.searches[(self._next_search + offset) % len(self.searches)]
            candidate = search.next()
            if candidate is None:
                continue
            self._next_search += offset + 1
            self.on_start(candidate)
            for training in candidate.trainings:
                if training.training_id not in candidate.ended:
                    self._owner[training.training_id] = search
                    self._waiting.append(training)
            return True
        return False

    def _end(self, training_id: str, end: EndReason = "", reason: str = "") -> None:
        self._owner.pop(training_id).end(training_id, end, reason)
