"""Factors as classes: numbers from 0 for the values that occur, and the points that share them.

Shapes: N points, K factors, C classes of all factors together, V classes of one factor."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainers.errors import MeasureError

_MAX_PROBABILITIES = 50_000_000  # 400 MB: one for each point and value of a factor


class FactorClasses:
    """Classes of K factors. Numbered across factors, those of factor k start at offsets_K[k]."""

    def __init__(self, factors_NK: np.ndarray) -> None:
        self.classes_NK = np.stack([_ranks(column) for column in factors_NK.T], axis=1)
        self.sizes_K = self.classes_NK.max(axis=0) + 1
        self.offsets_K = np.concatenate([[0], np.cumsum(self.sizes_K)[:-1]])
        self.total = int(self.sizes_K.sum())
        self.numbered_NK = self.classes_NK + self.offsets_K

    @cached_property
    def counts_C(self) -> np.ndarray:
        return np.bincount(self.numbered_NK.ravel(), minlength=self.total)

    @cached_property
    def groups_K(self) -> list["Groups"]:
        return [
            Groups.of(column, size)
            for column, size in zip(self.classes_NK.T, self.sizes_K, strict=True)
        ]


def _ranks(values_N: np.ndarray) -> np.ndarray:
    """The rank of each value among those that occur, from 0."""
    low, span = values_N.min(), values_N.max() - values_N.min()
    if span > 4 * len(values_N) or (values_N != np.rint(values_N)).any():
        return np.unique(values_N, return_inverse=True)[1]
    # The same without sorting, where the range of integers is small enough to count them.
    shifted_N = (values_N - low).astype(np.int64)
    return (np.cumsum(np.bincount(shifted_N) > 0) - 1)[shifted_N]


@dataclass(frozen=True)
class Groups:
    """Points sorted by their class of one factor; class v: order_N[starts_V[v]:][:counts_V[v]]."""

    order_N: np.ndarray
    starts_V: np.ndarray
    counts_V: np.ndarray

    @classmethod
    def of(cls, classes_N: np.ndarray, num_classes: int) -> "Groups":
        counts_V = np.bincount(classes_N, minlength=num_classes)
        starts_V = np.concatenate([[0], np.cumsum(counts_V)[:-1]])
        # numpy sorts numbers of 16 bits by their digits, which is several times faster.
        small_N = classes_N.astype(np.uint16) if num_classes < 1 << 16 else classes_N
        return cls(np.argsort(small_N, kind="stable"), starts_V, counts_V)

    def shared(self) -> "Groups":
        """Only the classes that at least two points share."""
        kept = self.counts_V >= 2
        return Groups(self.order_N, self.starts_V[kept], self.counts_V[kept])


def check_classifiable(classes: FactorClasses, num_points: int) -> None:
    """Raises MeasureError where a probability for each point and each value of a factor would take
    more than 400 MB."""
    most = int(classes.sizes_K.max())
    if most * num_points > _MAX_PROBABILITIES:
        raise MeasureError(
            f"fits a classifier to each value of a factor: {most} values and {num_points} points "
            "need too much memory; bin the factor, or take fewer points"
        )


def check_interventions(classes: FactorClasses) -> None:
    """Raises MeasureError unless there are two factors, each with a value that two points share."""
    if len(classes.sizes_K) < 2:
        raise MeasureError("compares factors: at least 2 are needed, there is 1")
    if not all(len(groups.shared().counts_V) for groups in classes.groups_K):
        raise MeasureError(
            "compares points that share a factor's value, but no two points share a value of some "
            "factor: take more points, or bin the factor"
        )
