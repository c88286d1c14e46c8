"""Samplers and pruners by name, as Optuna has them, made so that a seed decides everything."""

import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

SINGLE_OBJECTIVE = ("cmaes",)  # cannot weigh two aims against each other
NEEDS = {"gp": ("torch", "scipy"), "cmaes": ("cmaes",), "qmc": ("scipy",)}


def _tpe(seed: int, question: int) -> BaseSampler:
    """A running point counts as a poor one, so that workers are not sent to one place together."""
    return optuna.samplers.TPESampler(seed=_trial_seed(seed, question), constant_liar=True)


def _gp(seed: int, question: int) -> BaseSampler:
    mixed = _trial_seed(seed, question)
    return optuna.samplers.GPSampler(
        seed=mixed, independent_sampler=optuna.samplers.RandomSampler(seed=mixed)
    )


def _random(seed: int, question: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=_trial_seed(seed, question))


def _nsga2(seed: int, question: int) -> BaseSampler:
    return optuna.samplers.NSGAIISampler(seed=_trial_seed(seed, question), population_size=10)


def _cmaes(seed: int, question: int) -> BaseSampler:
    from search_spaces.samplers.cma_es import UnpickledCmaEs

    return UnpickledCmaEs(_trial_seed(seed, question))


def _qmc(seed: int, question: int) -> BaseSampler:
    """One sequence for the whole search; which of its points comes next stands in the study."""
    return optuna.samplers.QMCSampler(
        seed=seed,
        scramble=True,
        independent_sampler=optuna.samplers.RandomSampler(seed=_trial_seed(seed, question)),
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


def sampler_for(name: str, seed: int, question: int) -> BaseSampler:
    """The sampler for a question: what it asks depends on (seed, question, what was told).

    Raises ValueError for an unknown name, or where a library that it needs is missing."""
    if name not in _SAMPLERS:
        raise ValueError(f"the sampler {name!r} is unknown; known: {', '.join(SAMPLERS)}")
    missing = [library for library in NEEDS.get(name, ()) if find_spec(library) is None]
    if missing:
        names = " ".join(missing)
        raise ValueError(f"the sampler {name!r} needs {names}: pip install {names}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return _SAMPLERS[name](seed, question)


def pruner_for(name: str, milestones: Sequence[int]) -> BasePruner:
    """The pruner of a search that is scored at `milestones`, rising. Raises ValueError.

    asha, hyperband: a rung keeps the better third; the better half where fewer than three rungs
    of thirds lie between the first milestone and the last."""
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


def _trial_seed(seed: int, question: int) -> int:
    return (seed * 1_000_003 + question) % 2**32
