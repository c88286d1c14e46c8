"""A search on every dataset of a grid, as one source of trainings for idle workers.

Workers ask for a training whenever one is free. Datasets take turns; a point with several seeds
gives several trainings. There is always something to give until the search is over: no worker waits
for the answers of others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sweeper.planning.plan import Training
from sweeper.search.candidate import Candidate, End
from sweeper.search.dataset_search import Proposals
from sweeper.search.objective import Scores


@dataclass
class Walk:
    """used_up: why nothing more may be started, or ''; asked before every start and at every
    milestone.  on_start: told of each point that is taken up."""

    searches: Sequence[Proposals]
    used_up: Callable[[], str] = lambda: ""
    on_start: Callable[[Candidate], None] = lambda candidate: None
    _owner: dict[str, Proposals] = field(default_factory=dict)
    _waiting: list[Training] = field(default_factory=list)
    _turn: int = 0

    def next(self) -> Training | None:
        """A training for an idle worker; None when there will be no more."""
        while True:
            while self._waiting:
                training = self._waiting.pop(0)
                if not self._owner[training.training_id].is_to_stop(training.training_id):
                    if not self.used_up():
                        return training
                    self._end(training.training_id, "budget", self.used_up())
                else:
                    self._end(training.training_id)
            if self.used_up() or not self._propose():
                return None

    def take(
        self, training_id: str, scores: Mapping[int, Scores], *, finished: bool = False
    ) -> bool:
        """Scores of milestones just reached; finished: there are no more. True: the training is
        to stop here."""
        owner = self._owner.get(training_id)
        if owner is None:
            return True
        stops = owner.is_to_stop(training_id)
        for iteration, metrics in scores.items():
            stops = owner.take(training_id, iteration, metrics) or stops
        used_up = "" if finished or stops or not scores else self.used_up()
        if finished or stops:
            self._end(training_id)
        elif used_up:
            self._end(training_id, "budget", used_up)
        return stops or bool(used_up)

    def give_up(self, training_id: str, end: End, reason: str) -> None:
        """A training broke down."""
        if training_id in self._owner:
            self._end(training_id, end, reason)

    @property
    def left_out(self) -> int:
        """Points that were asked for and are not proposed."""
        return sum(search.unproposed for search in self.searches)

    def _propose(self) -> bool:
        """Takes up the next point of the dataset whose turn it is."""
        for offset in range(len(self.searches)):
            search = self.searches[(self._turn + offset) % len(self.searches)]
            candidate = search.next()
            if candidate is None:
                continue
            self._turn += offset + 1
            self.on_start(candidate)
            for training in candidate.trainings:
                if training.training_id not in candidate.over:
                    self._owner[training.training_id] = search
                    self._waiting.append(training)
            return True
        return False

    def _end(self, training_id: str, end: End = "", reason: str = "") -> None:
        self._owner.pop(training_id).end(training_id, end, reason)
