"""The gap of the two largest entries, which six of the measures average."""

import numpy as np


def top_two_gap(matrix: np.ndarray, axis: int) -> np.ndarray:
    """Largest minus second largest along `axis`. Where there is no second, it counts as 0.

    Entries must not be negative, or the absent second would not be the smallest value."""
    if matrix.shape[axis] == 1:
        return np.take(matrix, 0, axis=axis)
    top = np.sort(matrix, axis=axis)
    return np.take(top, -1, axis=axis) - np.take(top, -2, axis=axis)
