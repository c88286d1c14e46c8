"""CMA-ES whose state is never pickled.

Optuna's own CmaEsSampler (up to and including 5.0) pickles its optimiser into the study and
unpickles it from there, so opening a study would run code stored in a shared folder. The
optimiser's state follows from the completed generations, so here it is rebuilt for each trial from
the results in the study."""

from typing import Any

import numpy as np
from optuna.samplers import CmaEsSampler, RandomSampler
from optuna.study import StudyDirection


class UnpickledCmaEs(CmaEsSampler):
    """CMA-ES on the numeric parameters; the others are drawn at random."""

    def __init__(self, seed: int) -> None:
        super().__init__(
            seed=seed,
            independent_sampler=RandomSampler(seed=seed),
            warn_independent_sampling=False,
        )
        self._completed: list[Any] = []

    def _split_optimizer_str(self, optimizer_str: str) -> dict[str, str]:
        """{}: nothing is stored."""
        return {}

    def _restore_optimizer(self, completed_trials: list[Any]) -> None:
        """None: nothing is loaded. `_init_optimizer` is called next and needs these trials."""
        self._completed = completed_trials

    def _init_optimizer(self, trans: Any, direction: StudyDirection) -> Any:
        """The optimiser after all complete generations."""
        optimizer = super()._init_optimizer(trans, direction)
        sign = 1.0 if direction == StudyDirection.MINIMIZE else -1.0
        if optimizer.dim != len(trans.bounds):
            return optimizer
        while True:
            solutions = self._get_solution_trials(self._completed, optimizer.generation)
            if len(solutions) < optimizer.population_size:
                return optimizer
            optimizer.tell(
                [
                    (np.asarray(trans.transform(trial.params)), sign * trial.value)
                    for trial in solutions[: optimizer.population_size]
                ]
            )
