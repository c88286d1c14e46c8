"""A point being trained: its trainings, one per seed, and the scores of milestones reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from search_spaces.products import Point
from sweeper.planning.cells import Cell
from sweeper.planning.plan import Training
from sweeper.search.objective import Objective, Scores

EndReason = Literal["", "pruned", "budget", "diverged", "failed"]


@dataclass
class Candidate:
    """number: of its trial.  scores: {training id: {iterations: metrics}}.  ended: ids of trainings
    that have ended.  reported: milestones whose value the pruner has.  end: why its trainings must
    stop, or ''."""

    number: int
    point: Point
    cells: tuple[Cell, ...]
    trainings: tuple[Training, ...]
    scores: dict[str, dict[int, Scores]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    reported: set[int] = field(default_factory=set)
    end: EndReason = ""
    reason: str = ""

    def __post_init__(self) -> None:
        for training in self.trainings:
            self.scores.setdefault(training.training_id, {})

    @property
    def key(self) -> frozenset[str]:
        """Equal for equal points, however they are written."""
        return key_of(self.cells)

    @property
    def milestones(self) -> tuple[int, ...]:
        return self.trainings[0].config.milestones

    @property
    def complete(self) -> bool:
        """Whether every milestone of every training is scored."""
        return all(set(self.milestones) <= set(scored) for scored in self.scores.values())

    def add_scores(self, training_id: str, scores: Mapping[int, Scores]) -> None:
        self.scores[training_id].update(scores)

    def value_at(self, milestone: int, objective: Objective) -> tuple[float, ...] | None:
        """The mean over seeds, or None until every seed is scored there."""
        rows = [scored.get(milestone) for scored in self.scores.values()]
        found = [row for row in rows if row is not None]
        return objective.mean(found) if len(found) == len(rows) else None

    def values(self, objective: Objective) -> tuple[float, ...] | None:
        """The point's values: at its best milestone, or at its last where several metrics are
        optimised. None where no milestone has them."""
        found = [self.value_at(milestone, objective) for milestone in self.milestones]
        if not objective.single:
            return found[-1]
        known = [values for values in found if values is not None]
        return objective.best(known) if known else None

    def reached(self) -> list[Cell]:
        """The cells that are scored, or never will be since the training diverged or failed."""
        broken = self.end in ("diverged", "failed")
        return [
            cell
            for cell in self.cells
            if broken or cell.iterations in self.scores[cell.training_id]
        ]


def key_of(cells: Sequence[Cell]) -> frozenset[str]:
    """The ids of the cells' trainings."""
    return frozenset(cell.training_id for cell in cells)


def without_defaults(point: Point) -> dict[str, Any]:
    """The point without default values, for display."""
    defaults = {
        "latent_dim": "auto",
        "network": "auto",
        "reconstruction": "mse",
        "precision": "fp32",
    }
    return {name: value for name, value in point.items() if defaults.get(name) != value}
