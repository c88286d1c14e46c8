"""A search played without an engine: workers that know each training's scores beforehand."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sweeper.planning.plan import Training
from sweeper.search.known_results import NoResults
from sweeper.search.objective import Scores
from sweeper.search.training_queue import TrainingQueue
from trainers.config import TrainingConfig

Score = Callable[[TrainingConfig, int], Scores | None]


@dataclass
class Shelf(NoResults):
    """A library that remembers what the workers scored, as a sweep store does."""

    scored: dict[str, dict[int, Scores]] = field(default_factory=dict)

    def scores(self, training: Training) -> dict[int, Scores]:
        return dict(self.scored.get(training.training_id, {}))


@dataclass
class Play:
    """Workers that advance in turn, one milestone each.

    score: a training's scores at a milestone; None means that it breaks down there.
    told: (training id, milestone) in the order scored."""

    walk: TrainingQueue
    score: Score
    workers: int = 2
    shelf: Shelf | None = None
    told: list[tuple[str, int]] = field(default_factory=list)
    busy: list[tuple[Training, int]] = field(default_factory=list)
    idle_with_work_left: bool = False

    def run(self, milestones: int = 10**9) -> "Play":
        """Plays until the search is over or so many milestones are scored, as if killed then."""
        while len(self.told) < milestones and self._fill():
            self._advance()
        return self

    def _fill(self) -> bool:
        while len(self.busy) < self.workers:
            training = self.walk.next()
            if training is None:
                break
            self.busy.append((training, self._done(training)))
        return bool(self.busy)

    def _done(self, training: Training) -> int:
        known = self.shelf.scored.get(training.training_id, {}) if self.shelf else {}
        return len(known)

    def _advance(self) -> None:
        training, index = self.busy.pop(0)
        milestones = training.config.milestones
        milestone, last = milestones[index], index == len(milestones) - 1
        scores = self.score(training.config, milestone)
        if scores is None:
            self.walk.give_up(training.training_id, "failed", "no space left on device")
            return
        self.told.append((training.training_id, milestone))
        if self.shelf is not None:
            self.shelf.scored.setdefault(training.training_id, {})[milestone] = scores
        stops = self.walk.add_scores(training.training_id, {milestone: scores}, finished=last)
        if not (stops or last):
            self.busy.append((training, index + 1))
