"""The makespan of a list of trainings: each free worker takes the next one."""

import heapq
from collections.abc import Iterable, Sequence


def makespan(seconds: Iterable[float], workers: int) -> float:
    """When the last one ends, if they start in the given order and no worker waits."""
    return max(end_times(list(seconds), workers), default=0.0)


def end_times(seconds: Sequence[float], workers: int) -> list[float]:
    """When each one ends."""
    free = [0.0] * max(1, min(workers, len(seconds)))
    found = []
    for duration in seconds:
        found.append(heapq.heappop(free) + duration)
        heapq.heappush(free, found[-1])
    return found


def longest_first(seconds: Iterable[float]) -> list[float]:
    """The order of `launch`: longest first, so that no long one starts last."""
    return sorted(seconds, reverse=True)
