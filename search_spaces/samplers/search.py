"""A search by ask and tell.

The sampler of each trial is seeded by (seed, trial number), and all its state is in the study. So
proposals depend on the seed and the results only: a search that is interrupted and opened again
from its journal makes the same proposals as one that is not."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from search_spaces.products import Point
from search_spaces.samplers.by_name import SINGLE_OBJECTIVE, pruner_for, sampler_for
from search_spaces.samplers.distributions import distributions, params, suggest
from search_spaces.samplers.journal import check_identity, open_storage, reading_storage
from search_spaces.spaces import Space

_POINT = "point"
_STUDY = "search"
_WORDS = {"max": "maximize", "min": "minimize"}


class TrialState(StrEnum):
    """The state of a trial. pruned: ended early, at the last value reported."""

    OPEN = "open"
    DONE = "done"
    PRUNED = "pruned"
    FAILED = "failed"


_STATES = {
    OptunaState.RUNNING: TrialState.OPEN,
    OptunaState.WAITING: TrialState.OPEN,
    OptunaState.COMPLETE: TrialState.DONE,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}


@dataclass(frozen=True)
class Trial:
    """A trial.  reported: {step: value}.  notes: the values given to `annotate`."""

    number: int
    point: Point
    state: TrialState
    values: tuple[float, ...] = ()
    reported: Mapping[int, float] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


class Search:
    """One search.

    directions: 'max' or 'min' for each value of `tell`; with two or more it is a Pareto search,
    which cannot prune.  milestones: steps at which a trial may be pruned.  journal: the file that
    stores the search; an existing one is resumed, and `trials()` has its open trials.
    identity: JSON values that describe the search.

    Raises ValueError for settings that contradict one another, SearchMismatch if the identity of
    the journal's search differs."""

    def __init__(
        self,
        space: Space,
        directions: Sequence[str],
        sampler: str = "tpe",
        pruner: str = "none",
        seed: int = 0,
        *,
        milestones: Sequence[int] = (),
        journal: Path | None = None,
        identity: Mapping[str, Any] | None = None,
    ) -> None:
        if len(directions) > 1 and pruner != "none":
            raise ValueError("a search of several directions cannot prune")
        if len(directions) > 1 and sampler in SINGLE_OBJECTIVE:
            raise ValueError(f"the sampler {sampler!r} cannot search in several directions")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.sampler, self.seed = space, sampler, seed
        self.study = optuna.create_study(
            study_name=_STUDY,
            storage=open_storage(journal),
            load_if_exists=True,
            directions=[_WORDS[direction] for direction in directions],
            sampler=sampler_for(sampler, seed, 0),
            pruner=pruner_for(pruner, milestones),
        )
        if identity is not None:
            check_identity(self.study, dict(identity))
        self._open: dict[int, optuna.Trial] = {}
        self._resume_running()

    def ask(self, point: Point | None = None) -> tuple[int, Point]:
        """(trial number, counting from 0; the point to try: `point` if it is given)."""
        number = len(self.study.get_trials(deepcopy=False))
        self.study.sampler = sampler_for(self.sampler, self.seed, number)
        if point is not None:
            self.study.enqueue_trial(params(self.space, point))
        with warnings.catch_warnings():
            # Optuna warns about defaults that will change; this code sets the ones that matter.
            warnings.simplefilter("ignore", ExperimentalWarning)
            warnings.simplefilter("ignore", FutureWarning)
            trial = self.study.ask()
            found = suggest(trial, self.space)
        trial.set_user_attr(_POINT, found)
        self._open[trial.number] = trial
        return trial.number, found

    def annotate(self, number: int, **notes: Any) -> None:
        """Stores JSON values with an open trial."""
        for name, value in notes.items():
            self._open[number].set_user_attr(name, value)

    def report(self, number: int, step: int, value: float) -> bool:
        """Reports an intermediate value. True if the trial should be pruned."""
        trial = self._open[number]
        if math.isfinite(value):
            trial.report(value, step)
        return bool(trial.should_prune())

    def tell(self, number: int, values: Sequence[float] | None, *, pruned: bool = False) -> None:
        """Ends a trial. It has failed if there are no values or one is not finite."""
        trial = self._open.pop(number)
        if pruned:
            self.study.tell(trial, state=OptunaState.PRUNED)
        elif values is None or not all(math.isfinite(value) for value in values):
            self.study.tell(trial, state=OptunaState.FAIL)
        else:
            self.study.tell(trial, list(values))

    def add_finished(
        self,
        point: Point,
        values: Sequence[float] | None,
        reported: Mapping[int, float] | None = None,
        **notes: Any,
    ) -> int:
        """Adds the result of a point that this search did not propose. Returns its number."""
        number = len(self.study.get_trials(deepcopy=False))
        failed = values is None or not all(math.isfinite(value) for value in values)
        self.study.add_trial(
            create_trial(
                params=params(self.space, point),
                distributions=distributions(self.space, point),
                values=None if failed else list(values or ()),
                state=OptunaState.FAIL if failed else OptunaState.COMPLETE,
                intermediate_values=dict(reported or {}),
                user_attrs={_POINT: dict(point), **notes},
            )
        )
        return number

    def trials(self) -> list[Trial]:
        """All trials so far, by number."""
        trials = self.study.get_trials(deepcopy=False)
        return [_trial(trial) for trial in trials if _POINT in trial.user_attrs]

    def best(self) -> list[int]:
        """Numbers of the best trials: one, or the Pareto front; [] if none has succeeded."""
        done = self.study.get_trials(deepcopy=False, states=[OptunaState.COMPLETE])
        return [trial.number for trial in self.study.best_trials] if done else []

    def _resume_running(self) -> None:
        """Reopens the running trials of a journal. One without a point was interrupted before it
        was returned by `ask`, and has failed."""
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state == OptunaState.RUNNING:
                if _POINT in trial.user_attrs:
                    self._open[trial.number] = optuna.Trial(self.study, trial._trial_id)
                else:
                    self.study.tell(trial.number, state=OptunaState.FAIL)


def read_trials(journal: Path) -> list[Trial]:
    """The trials in a journal, which is not changed; [] if there is no such file."""
    if not journal.exists():
        return []
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name=_STUDY, storage=reading_storage(journal))
    return [_trial(t) for t in study.get_trials(deepcopy=False) if _POINT in t.user_attrs]


def _trial(trial: FrozenTrial) -> Trial:
    notes = {name: value for name, value in trial.user_attrs.items() if name != _POINT}
    return Trial(
        number=trial.number,
        point=dict(trial.user_attrs[_POINT]),
        state=_STATES[trial.state],
        values=tuple(trial.values or ()) if trial.state == OptunaState.COMPLETE else (),
        reported=dict(trial.intermediate_values),
        notes=notes,
    )
