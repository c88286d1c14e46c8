"""The difference of the two largest entries, which many measures average."""

import numpy as np


def top_two_gap(matrix: np.ndarray, axis: int) -> np.ndarray:
    """Largest minus second largest along `axis`; the second counts as 0 where there is one entry.

    Entries must not be negative."""
    if matrix.shape[axis] == 1:
        return np.take(matrix, 0, axis=axis)
    top = np.sort(matrix, axis=axis)
    return np.take(top, -1, axis=axis) - np.take(top, -2, axis=axis)
