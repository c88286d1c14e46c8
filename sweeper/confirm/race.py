"""Which configurations need more fresh seeds, and which order of the models is settled.

After 3, 5, 8, .. fresh seeds of every configuration that is still in question (a *look*), the
scores of a dataset's configurations a on seeds s are fitted by x[a, s] = m_a + c_s + noise: what a
seed does to all configurations alike cancels. Two configurations count as different where

    |m_a - m_b| > t(1 - level / (2 P L), d) se(m_a - m_b)

se: the standard error of the fit, with d degrees of freedom.  P pairs of configurations times L
looks: Bonferroni's correction for all comparisons and for looking repeatedly, so that with a
probability of 1 - level no comparison of the dataset is decided wrongly (normal noise of equal
variance).
A configuration that is below another of its model is dropped (Maron & Moore 1994). Two models that
follow each other by their best configuration are settled where the best of the first is above
every remaining configuration of the second. Only the models of a pair that is not settled get more
seeds; where a dataset has one model, its remaining configurations do.

A race is a pure function of the scores: after a kill it is replayed from what is stored."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Scores = Mapping[int, float]  # by number of the fresh seed, from 0; NaN: ended without a score
Models = Mapping[str, Sequence[str]]  # the configurations of each model, the selected one first


@dataclass(frozen=True)
class RaceRules:
    """first: fresh seeds of every configuration before the first look.  most: of each at the
    most.  level: probability of any wrong decision in a dataset."""

    first: int = 3
    most: int = 10
    level: float = 0.05

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds after which to look: each 1.5 times the one before."""
        found = [min(self.first, self.most)]
        while found[-1] < self.most:
            found.append(min(self.most, math.ceil(1.5 * found[-1])))
        return tuple(found)


@dataclass(frozen=True)
class Race:
    """The state of one dataset's race.

    wanted: fresh seeds that each configuration should have by now.  is_waiting: some of them have
    not ended.  dropped: {configuration: seeds after which}.  order: models, best first, each with
    its best configuration.  settled: of each model but the last, whether it is above the next."""

    wanted: Mapping[str, int]
    is_waiting: bool = False
    dropped: Mapping[str, int] = field(default_factory=dict)
    order: tuple[tuple[str, str], ...] = ()
    settled: tuple[bool, ...] = ()

    @property
    def is_settled(self) -> bool:
        return not self.is_waiting and all(self.settled)


def race(
    models: Models,
    scores: Mapping[str, Scores],
    rules: RaceRules,
    *,
    lower_is_better: bool = False,
) -> Race:
    """The race, replayed from the scores."""
    names = [name for group in models.values() for name in group]
    num_pairs = max(1, len(names) * (len(names) - 1) // 2)
    level = rules.level / (num_pairs * len(rules.looks))
    state = Race(dict.fromkeys(names, rules.looks[0]))
    for look, later in zip(rules.looks, (*rules.looks[1:], None), strict=True):
        known = {name: scores.get(name, {}) for name in names}
        if any(seed not in known[n] for n in names for seed in range(state.wanted[n])):
            return Race(state.wanted, True, state.dropped, state.order, state.settled)
        sign = -1.0 if lower_is_better else 1.0
        samples = {
            n: {s: sign * known[n][s] for s in range(state.wanted[n]) if math.isfinite(known[n][s])}
            for n in names
        }
        state = _look(models, samples, level, look, state)
        active = set(_in_question(models, state)) if later is not None else ()
        if not active:
            return state
        wanted = {n: later or 0 if n in active else state.wanted[n] for n in names}
        state = Race(wanted, False, state.dropped, state.order, state.settled)
    return state


def _look(
    models: Models, samples: Mapping[str, Scores], level: float, look: int, before: Race
) -> Race:
    """The state after all wanted seeds ended. samples: higher is better."""
    above = _Comparison(samples, level)
    dropped = dict(before.dropped)
    for group in models.values():
        alive = [name for name in group if name not in dropped]
        for name in alive:
            if not samples[name] or any(above(other, name) for other in alive):
                dropped[name] = look
    best = {
        model: max((n for n in group if n not in dropped), key=above.mean, default="")
        for model, group in models.items()
    }
    order = sorted((m for m in models if best[m]), key=lambda model: -above.mean(best[model]))
    settled = tuple(
        all(above(best[first], name) for name in models[second] if name not in dropped)
        for first, second in zip(order, order[1:], strict=False)
    )
    if len(order) == 1:
        settled = (len([n for n in models[order[0]] if n not in dropped]) == 1,)
    return Race(before.wanted, False, dropped, tuple((m, best[m]) for m in order), settled)


def _in_question(models: Models, state: Race) -> Iterator[str]:
    """The remaining configurations of models whose order is not settled."""
    order = [model for model, _ in state.order]
    for place, is_settled in enumerate(state.settled):
        if not is_settled:
            for model in order[place : place + 2]:
                yield from (name for name in models[model] if name not in state.dropped)


class _Comparison:
    """Whether one configuration is above another: the additive fit of all, by least squares.

    samples: configurations without a score have no mean and are above nothing.
    Shapes: N scores, A configurations and seeds."""

    def __init__(self, samples: Mapping[str, Scores], level: float) -> None:
        names = [name for name, own in samples.items() if own]
        seeds = sorted({seed for own in samples.values() for seed in own})
        self._place = {name: place for place, name in enumerate(names)}
        rows = [(n, s, samples[n][s]) for n in names for s in samples[n]]
        design_NA = np.zeros((len(rows), len(names) + len(seeds)))
        for row, (name, seed, _) in enumerate(rows):
            design_NA[row, self._place[name]] = design_NA[row, len(names) + seeds.index(seed)] = 1
        scores_N = np.array([score for _, _, score in rows])
        inverse_AN = np.linalg.pinv(design_NA)
        self._effects_A = inverse_AN @ scores_N
        self._covariance_AA = inverse_AN @ inverse_AN.T
        self._span_AA = inverse_AN @ design_NA  # contrasts in its row space can be estimated
        squares = float(((scores_N - design_NA @ self._effects_A) ** 2).sum())
        freedom = len(rows) - round(float(np.trace(self._span_AA)))
        self._width = math.inf
        if freedom > 0:
            from scipy.special import stdtrit

            self._width = float(stdtrit(freedom, 1 - level / 2)) * math.sqrt(squares / freedom)

    def mean(self, name: str) -> float:
        """The configuration's effect m_a; only differences of two have a meaning."""
        return float(self._effects_A[self._place[name]]) if name in self._place else -math.inf

    def __call__(self, first: str, second: str) -> bool:
        if first == second or first not in self._place or second not in self._place:
            return False
        contrast_A = np.zeros(len(self._effects_A))
        contrast_A[self._place[first]], contrast_A[self._place[second]] = 1, -1
        if not np.allclose(contrast_A @ self._span_AA, contrast_A):
            return False
        error = math.sqrt(float(contrast_A @ self._covariance_AA @ contrast_A))
        return float(contrast_A @ self._effects_A) > self._width * error
