"""Mutual information of a class and a number, by distances to nearest neighbours (Ross 2014).

    I = max(0, psi(N) + mean psi(k_n) - mean psi(N_n) - mean psi(m_n))

N_n: points in the class of point n.  k_n: 10, or N_n - 1 where that is less.  m_n: points of all
classes, n itself counted, nearer to n than its k_n-th nearest point of its own class.  Classes of
one point are left out.  psi: digamma. In nats, equal to scikit-learn's mutual_info_classif but for
the noise that breaks ties.

Shapes: N points, V classes."""

import numpy as np

from trainers.measures.shared.classes import Groups

_NEIGHBOURS = 10
_EULER = 0.5772156649015329


def mutual_information(values_N: np.ndarray, groups: Groups) -> float:
    """Nats. values_N: of different points, different values."""
    shared = groups.shared()
    if not len(shared.counts_V):
        return 0.0
    # Points in the order of class and value, without classes of one point.
    kept_N = np.concatenate(
        [
            np.sort(values_N[groups.order_N[start : start + count]])
            for start, count in zip(shared.starts_V, shared.counts_V, strict=True)
        ]
    )
    count_N = np.repeat(shared.counts_V, shared.counts_V)
    neighbours_N = np.minimum(_NEIGHBOURS, count_N - 1)
    radius_N = _distances(kept_N, shared.counts_V, neighbours_N)
    inside_N = _nearer(kept_N, radius_N)
    psi = _digamma(len(kept_N))
    found = psi[-1] + np.mean(psi[neighbours_N] - psi[count_N] - psi[inside_N])
    return max(0.0, float(found))


def _distances(kept_N: np.ndarray, counts_V: np.ndarray, neighbours_N: np.ndarray) -> np.ndarray:
    """Distance from each point to its k-th nearest of its class, which lie in ascending order:
    the k nearest are a window of k + 1 neighbours in order, of which k + 1 are tried."""
    place_N = np.arange(len(kept_N))
    ends_N = np.repeat(np.cumsum(counts_V), counts_V)
    starts_N = ends_N - np.repeat(counts_V, counts_V)
    nearest_N = np.full(len(kept_N), np.inf)
    for above in range(_NEIGHBOURS + 1):
        low_N, high_N = place_N + above - neighbours_N, place_N + above
        valid_N = (above <= neighbours_N) & (low_N >= starts_N) & (high_N < ends_N)
        low_N, high_N, here_N = low_N[valid_N], high_N[valid_N], kept_N[valid_N]
        reach_N = np.maximum(here_N - kept_N[low_N], kept_N[high_N] - here_N)
        nearest_N[valid_N] = np.minimum(nearest_N[valid_N], reach_N)
    return nearest_N


def _nearer(kept_N: np.ndarray, radius_N: np.ndarray) -> np.ndarray:
    """How many points, itself counted, are nearer to each point than its radius."""
    sorted_N = np.concatenate([[-np.inf], np.sort(kept_N), [np.inf]])
    high_N = np.searchsorted(sorted_N, kept_N + radius_N)
    low_N = np.searchsorted(sorted_N, kept_N - radius_N, side="right") - 1
    # The sums above are rounded: a point at exactly the radius may be on the wrong side.
    high_N -= sorted_N[high_N - 1] - kept_N >= radius_N
    high_N += sorted_N[high_N] - kept_N < radius_N
    low_N += kept_N - sorted_N[low_N + 1] >= radius_N
    low_N -= kept_N - sorted_N[low_N] < radius_N
    return np.maximum(high_N - low_N - 1, 1)


def _digamma(largest: int) -> np.ndarray:
    """psi(n) for n from 0 to `largest`; psi(0) is not used and 0."""
    psi = np.zeros(largest + 1)
    psi[1] = -_EULER
    psi[2:] = -_EULER + np.cumsum(1.0 / np.arange(1, largest))
    return psi
