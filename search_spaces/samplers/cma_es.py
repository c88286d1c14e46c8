"""CMA-ES whose state is never pickled.

Optuna's own sampler pickles its optimiser into the study and loads it from there, and a study that
runs code when it is opened is not one to keep in a shared folder. The optimiser is a function of
the generations told so far, so here it is made anew for each question from the study's results."""

from typing import Any

import numpy as np
from optuna.samplers import CmaEsSampler, RandomSampler
from optuna.study import StudyDirection


class UnpickledCmaEs(CmaEsSampler):
    """CMA-ES on the numbers of a space; what is no number is drawn at random."""

    def __init__(self, seed: int) -> None:
        super().__init__(
            seed=seed,
            independent_sampler=RandomSampler(seed=seed),
            warn_independent_sampling=False,
        )
        self._completed: list[Any] = []

    def _split_optimizer_str(self, optimizer_str: str) -> dict[str, str]:
        """Nothing is stored."""
        return {}

    def _restore_optimizer(self, completed_trials: list[Any]) -> None:
        """Nothing is loaded: `_init_optimizer` follows, and needs these trials."""
        self._completed = completed_trials

    def _init_optimizer(self, trans: Any, direction: StudyDirection) -> Any:
        """The optimiser after every whole generation."""
        optimizer = super()._init_optimizer(trans, direction)
        sign = 1.0 if direction == StudyDirection.MINIMIZE else -1.0
        if optimizer.dim != len(trans.bounds):
            return optimizer
        while True:
            told = self._get_solution_trials(self._completed, optimizer.generation)
            if len(told) < optimizer.population_size:
                return optimizer
            optimizer.tell(
                [
                    (np.asarray(trans.transform(trial.params)), sign * trial.value)
                    for trial in told[: optimizer.population_size]
                ]
            )
