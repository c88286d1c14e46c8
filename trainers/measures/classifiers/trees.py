"""Decision trees on one feature, equal to scikit-learn's DecisionTreeClassifier at every depth.

A tree on one feature is a set of intervals. A tree of depth d is the first d levels of a deeper
one, so one fit gives every depth. Splits minimise the Gini impurity, lie midway between two
neighbouring values that are more than 1e-7 apart (single precision, as scikit-learn compares
them), and of equal splits the lowest is taken; of equal classes the first is predicted.

Shapes: N points, D depths, M intervals, R runs of points of one class in one interval."""

from collections.abc import Iterator

import numpy as np

MAX_DEPTH = 9
NUM_FOLDS = 10
_MIN_DISTANCE = np.float32(1e-7)


def cross_validated_accuracy(
    values_N: np.ndarray, classes_N: np.ndarray, folds_N: np.ndarray
) -> float:
    """Accuracy, on the points it was fitted to, of the tree of the best depth from 1 to 9.

    The best depth has the highest mean accuracy over the folds, and is the smallest of equals.
    values_N: float32, ascending.  classes_N: from 0.  folds_N: the fold of each point."""
    scores_FD = [
        _accuracies(values_N, classes_N, folds_N == fold)
        for fold in range(NUM_FOLDS)
        if 0 < np.count_nonzero(folds_N == fold) < len(folds_N)
    ]
    best = int(np.ascontiguousarray(np.transpose(scores_FD)).mean(axis=1).argmax())
    *_, (_, predicted_M, sizes_M) = _levels(values_N, classes_N, depth=best + 1)
    predicted_N = np.repeat(predicted_M, sizes_M)
    return float(np.mean(predicted_N == classes_N))


def stratified_folds(classes_N: np.ndarray) -> np.ndarray:
    """The fold of each point: scikit-learn's StratifiedKFold(10) without shuffling."""
    _, first_C, ranks_N = np.unique(classes_N, return_index=True, return_inverse=True)
    by_appearance_C = np.argsort(np.argsort(first_C))
    encoded_N = by_appearance_C[ranks_N]
    ordered_N = np.sort(encoded_N)
    sizes_FC = [
        np.bincount(ordered_N[fold::NUM_FOLDS], minlength=len(first_C)) for fold in range(NUM_FOLDS)
    ]
    folds_N = np.empty(len(classes_N), dtype=np.int64)
    folds_N[np.argsort(encoded_N, kind="stable")] = np.repeat(
        np.tile(np.arange(NUM_FOLDS), len(first_C)), np.transpose(sizes_FC).ravel()
    )
    return folds_N


def _accuracies(values_N: np.ndarray, classes_N: np.ndarray, held_out_N: np.ndarray) -> list[float]:
    """Accuracy at each depth of the tree of the other points, on those held out."""
    tested, truth = values_N[held_out_N], classes_N[held_out_N]
    levels = _levels(values_N[~held_out_N], classes_N[~held_out_N], depth=MAX_DEPTH)
    return [
        float(np.mean(predicted_M[np.searchsorted(cuts, tested, side="left")] == truth))
        for cuts, predicted_M, _ in levels
    ]


def _levels(
    values_N: np.ndarray, classes_N: np.ndarray, depth: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each depth from 1: thresholds between intervals, the class of each, their points."""
    # numpy sorts numbers of 16 bits by their digits, which is several times faster.
    small_N = classes_N.astype(np.uint16) if classes_N.max() < 1 << 16 else classes_N
    order_N = np.argsort(small_N, kind="stable")  # by class, then by value
    places_N = np.empty_like(order_N)
    places_N[order_N] = np.arange(len(order_N))
    sorted_classes_N = classes_N[order_N]
    splittable_N = np.append(values_N[1:] > values_N[:-1] + _MIN_DISTANCE, False)
    starts_M, cuts = np.zeros(1, dtype=np.int64), np.empty(0)
    for level in range(depth + 1):
        sizes_M = _lengths(starts_M, len(values_N))
        interval_N = np.repeat(np.arange(len(starts_M)), sizes_M)
        runs = _Runs(sorted_classes_N, interval_N[order_N])
        if level:
            yield cuts, runs.most_frequent(len(starts_M)), sizes_M
        if level == depth:
            return
        ends = _best_splits(runs, places_N, starts_M, sizes_M, splittable_N)
        cuts = np.sort(np.concatenate([cuts, _midpoints(values_N[ends], values_N[ends + 1])]))
        starts_M = np.sort(np.concatenate([starts_M, ends + 1]))


def _lengths(starts_M: np.ndarray, total: int) -> np.ndarray:
    """The lengths of parts that start at `starts_M`, the last of which ends at `total`."""
    lengths_M = np.empty_like(starts_M)
    np.subtract(starts_M[1:], starts_M[:-1], out=lengths_M[:-1])
    lengths_M[-1] = total - starts_M[-1]
    return lengths_M


class _Runs:
    """Points in the order of class and value, cut into runs of one class in one interval."""

    def __init__(self, classes_N: np.ndarray, interval_N: np.ndarray) -> None:
        new_N = np.ones(len(classes_N), dtype=bool)
        np.not_equal(interval_N[1:], interval_N[:-1], out=new_N[1:])
        new_N[1:] |= classes_N[1:] != classes_N[:-1]
        self.starts_R = np.flatnonzero(new_N)
        self.sizes_R = _lengths(self.starts_R, len(classes_N))
        self.class_R = classes_N[self.starts_R]
        self.interval_R = interval_N[self.starts_R]

    def most_frequent(self, num_intervals: int) -> np.ndarray:
        """The most frequent class of each interval; of equals, the first."""
        num_classes = int(self.class_R[-1]) + 1
        best_M = np.zeros(num_intervals, dtype=np.int64)
        np.maximum.at(best_M, self.interval_R, (self.sizes_R + 1) * num_classes - self.class_R - 1)
        return num_classes - 1 - best_M % num_classes

    def squares(self, num_intervals: int) -> np.ndarray:
        """The sum over classes of squared counts, of each interval."""
        return np.bincount(self.interval_R, np.square(self.sizes_R), minlength=num_intervals)

    def square_steps(self) -> tuple[np.ndarray, np.ndarray]:
        """What each point adds to the squares left of a split that moves past it, and what it
        takes from those on the right; in the order of class and value."""
        odd_N = np.arange(1, 2 * int(self.sizes_R.sum()), 2)
        left_N = odd_N - np.repeat(2 * self.starts_R, self.sizes_R)
        return left_N, np.repeat(2 * self.sizes_R, self.sizes_R) - left_N


def _best_splits(
    runs: _Runs,
    places_N: np.ndarray,
    starts_M: np.ndarray,
    sizes_M: np.ndarray,
    splittable_N: np.ndarray,
) -> np.ndarray:
    """The last point left of each split; intervals of one class or of one value have none."""
    squares_M = runs.squares(len(starts_M))
    open_N = splittable_N & np.repeat(squares_M < np.square(sizes_M), sizes_M)
    open_N[starts_M[1:] - 1] = False
    splits_P = np.flatnonzero(open_N)
    if not len(splits_P):
        return splits_P
    first_M = np.searchsorted(splits_P, starts_M)
    counts_M = _lengths(first_M, len(splits_P))
    start_P = np.repeat(starts_M, counts_M)
    left_P, lost_P = (
        _sums_within(steps_N[places_N], start_P, splits_P) for steps_N in runs.square_steps()
    )
    sizes_P = splits_P + 1.0 - start_P
    right_sizes_P = np.repeat(sizes_M, counts_M) - sizes_P
    right_P = np.repeat(squares_M, counts_M) - lost_P
    # In the order in which scikit-learn rounds, because near ties are decided by the last bit.
    purity_P = -right_sizes_P * (1.0 - right_P / (right_sizes_P * right_sizes_P))
    purity_P -= sizes_P * (1.0 - left_P / (sizes_P * sizes_P))
    return splits_P[_first_maxima(purity_P, first_M[counts_M > 0], counts_M[counts_M > 0])]


def _sums_within(steps_N: np.ndarray, start_P: np.ndarray, last_P: np.ndarray) -> np.ndarray:
    """The sum of steps from each start to each last place, both included."""
    sums_N = np.zeros(len(steps_N) + 1, dtype=np.int64)
    np.cumsum(steps_N, out=sums_N[1:])
    return sums_N[last_P + 1] - sums_N[start_P]


def _first_maxima(values_P: np.ndarray, first_Q: np.ndarray, counts_Q: np.ndarray) -> np.ndarray:
    """Where the largest value of each part stands; of equals, the first."""
    largest_Q = np.maximum.reduceat(values_P, first_Q)
    found = np.flatnonzero(values_P == np.repeat(largest_Q, counts_Q))
    return found[np.searchsorted(found, first_Q)]


def _midpoints(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Thresholds; a point of at most the threshold lies left of it."""
    middle = below / np.float64(2.0) + above / np.float64(2.0)
    return np.where(middle == above, below, middle)
