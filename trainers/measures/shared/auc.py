"""Area under the ROC curve of each class against the rest, by rank sums.

Shapes: N points, V classes of one factor."""

import numpy as np

from trainers.measures.shared.classes import Groups


def mean_auc(scores_NV: np.ndarray, groups: Groups) -> float:
    """Macro mean over classes: the chance that a point of the class gets a higher score than one
    of the rest, ties counting half. Column v scores class v. A single class has no rest: 0.5.

    In single precision, which sorts twice as fast and makes ties of what only rounding parts."""
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
        # Mean of both = points below plus half the ties, of which the class's own are taken off.
        pairs_won = 0.5 * (below.sum() + not_above.sum()) - 0.5 * count * count
        areas.append(pairs_won / (count * (num_points - count)))
    return float(np.mean(areas))
