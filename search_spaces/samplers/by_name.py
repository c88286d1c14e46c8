"""Optuna's samplers and pruners by name. A seed and the results determine what they propose."""

import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

SINGLE_OBJECTIVE = ("cmaes",)  # samplers that optimise one objective only
NEEDS = {"gp": ("torch", "scipy"), "cmaes": ("cmaes",), "qmc": ("scipy",)}


def _tpe(seed: int, trial: int) -> BaseSampler:
    """Running trials count as poor ones, so that parallel trials are not close together."""
    return optuna.samplers.TPESampler(seed=_trial_seed(seed, trial), constant_liar=True)


def _gp(seed: int, trial: int) -> BaseSampler:
    mixed = _trial_seed(seed, trial)
    return optuna.samplers.GPSampler(
        seed=mixed, independent_sampler=optuna.samplers.RandomSampler(seed=mixed)
    )


def _random(seed: int, trial: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=_trial_seed(seed, trial))


def _nsga2(seed: int, trial: int) -> BaseSampler:
    return optuna.samplers.NSGAIISampler(seed=_trial_seed(seed, trial), population_size=10)


def _cmaes(seed: int, trial: int) -> BaseSampler:
    from search_spaces.samplers.cma_es import UnpickledCmaEs

    return UnpickledCmaEs(_trial_seed(seed, trial))


def _qmc(seed: int, trial: int) -> BaseSampler:
    """One sequence for the whole search; the study stores the position in it."""
    return optuna.samplers.QMCSampler(
        seed=seed,
        scramble=True,
        independent_sampler=optuna.samplers.RandomSampler(seed=_trial_seed(seed, trial)),
        warn_independent_sampling=False,
        warn_asynchronous_seeding=False,
    )


_SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {
    "tpe": _tpe,
    "gp": _gp,
    "random": _random,
    "nsga2": _nsga2,
    "cmaes": _cmaes,
    "qmc": _qmc,
}
SAMPLERS = tuple(_SAMPLERS)
PRUNERS = ("none", "asha", "hyperband", "median")


def sampler_for(name: str, seed: int, trial: int) -> BaseSampler:
    """The sampler of a trial: its proposal depends on (seed, trial number, earlier results).

    Raises ValueError for an unknown name, or if a library that it needs is missing."""
    if name not in _SAMPLERS:
        raise ValueError(f"the sampler {name!r} is unknown; known: {', '.join(SAMPLERS)}")
    missing = [library for library in NEEDS.get(name, ()) if find_spec(library) is None]
    if missing:
        names = " ".join(missing)
        raise ValueError(f"the sampler {name!r} needs {names}: pip install {names}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return _SAMPLERS[name](seed, trial)


def pruner_for(name: str, milestones: Sequence[int]) -> BasePruner:
    """The pruner of a search that is scored at `milestones`, ascending. Raises ValueError.

    asha, hyperband: a rung keeps the best third; the best half if the last milestone is less than
    9 times the first, so that there are several rungs."""
    first, last = (milestones[0], milestones[-1]) if milestones else (1, 1)
    factor = 3 if last >= 9 * first else 2
    match name:
        case "none":
            return optuna.pruners.NopPruner()
        case "asha":
            return optuna.pruners.SuccessiveHalvingPruner(
                min_resource=first, reduction_factor=factor
            )
        case "hyperband":
            return optuna.pruners.HyperbandPruner(
                min_resource=first, max_resource=max(last, first + 1), reduction_factor=factor
            )
        case "median":
            return optuna.pruners.MedianPruner(n_startup_trials=4)
    raise ValueError(f"the pruner {name!r} is unknown; known: {', '.join(PRUNERS)}")


def _trial_seed(seed: int, trial: int) -> int:
    return (seed * 1_000_003 + trial) % 2**32
