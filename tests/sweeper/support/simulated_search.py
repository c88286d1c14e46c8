"""Runs a search without an engine: each score is a function of the configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sweeper.planning.plan import Training
from sweeper.search.known_results import NoResults
from sweeper.search.objective import Scores
from sweeper.search.training_queue import TrainingQueue
from trainers.config import TrainingConfig

Score = Callable[[TrainingConfig, int], Scores | None]


@dataclass
class RecordedScores(NoResults):
    """The scores of the workers, kept as a sweep store keeps them."""

    scored: dict[str, dict[int, Scores]] = field(default_factory=dict)

    def scores(self, training: Training) -> dict[int, Scores]:
        return dict(self.scored.get(training.training_id, {}))


@dataclass
class SimulatedSearch:
    """Workers that take turns, one milestone each.

    score: a training's scores at a milestone; None means that it fails there.
    scored: (training id, milestone) in the order scored."""

    queue: TrainingQueue
    score: Score
    workers: int = 2
    recorded: RecordedScores | None = None
    scored: list[tuple[str, int]] = field(default_factory=list)
    busy: list[tuple[Training, int]] = field(default_factory=list)

    def run(self, milestones: int = 10**9) -> "SimulatedSearch":
        """Runs to the end, or until so many milestones are scored, as if killed then."""
        while len(self.scored) < milestones and self._fill():
            self._advance()
        return self

    def _fill(self) -> bool:
        while len(self.busy) < self.workers:
            training = self.queue.next()
            if training is None:
                break
            self.busy.append((training, self._done(training)))
        return bool(self.busy)

    def _done(self, training: Training) -> int:
        known = self.recorded.scored.get(training.training_id, {}) if self.recorded else {}
        return len(known)

    def _advance(self) -> None:
        training, index = self.busy.pop(0)
        milestones = training.config.milestones
        milestone, last = milestones[index], index == len(milestones) - 1
        scores = self.score(training.config, milestone)
        if scores is None:
            self.queue.give_up(training.training_id, "failed", "no space left on device")
            return
        self.scored.append((training.training_id, milestone))
        if self.recorded is not None:
            self.recorded.scored.setdefault(training.training_id, {})[milestone] = scores
        stops = self.queue.add_scores(training.training_id, {milestone: scores}, finished=last)
        if not (stops or last):
            self.busy.append((training, index + 1))
