"""Area under the ROC curve of each class against the rest, by rank sums.

Shapes: N points, V classes of one factor."""

import numpy as np

from trainers.measures.shared.classes import Groups


def mean_auc(scores_NV: np.ndarray, groups: Groups) -> float:
    """Macro mean over classes of the probability that a point of the class has a higher score
    than one of the rest, ties counted half. Column v scores class v. A single class: 0.5.

    Scores are compared in single precision, which sorts twice as fast and treats values that
    differ only by rounding as equal."""
    num_points, num_classes = scores_NV.shape
    if num_classes == 1:
        return 0.5
    sorted_VN = np.ascontiguousarray(scores_NV.astype(np.float32)[groups.order_N].T)
    areas = []
    for all_N, start, count in zip(sorted_VN, groups.starts_V, groups.counts_V, strict=True):
        inside = all_N[start : start + count].copy()
        all_N.sort()
        below = np.searchsorted(all_N, inside, side="left")
        not_above = np.searchsorted(all_N, inside, side="right")
        # The mean of both counts is the points below plus half the ties; pairs within the class
        # are subtracted.
        pairs_won = 0.5 * (below.sum() + not_above.sum()) - 0.5 * count * count
        areas.append(pairs_won / (count * (num_points - count)))
    return float(np.mean(areas))
