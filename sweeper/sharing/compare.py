"""What a run of another store is to the run of the same id in this one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sweeper.tracking import layout
from sweeper.tracking.reading.reader import ended
from sweeper.tracking.reading.stored_run import StoredRun

Kind = Literal["new", "same", "better", "more scores", "conflict", "unfinished"]
_SCORES = (layout.MEASURE_PREFIX, layout.TEST_PREFIX, layout.LATENT_PREFIX)


@dataclass(frozen=True)
class Comparison:
    """kind: `new`: not here; `same`: here, or of no use; `better`: finished or diverged there,
    and failed here; `more scores`: the same numbers, and scores that are missing here;
    `conflict`: other numbers; `unfinished`: written there only partly.

    scores: those that are missing here.  differences: names and both values, for people."""

    kind: Kind
    scores: Mapping[str, float] = field(default_factory=dict)
    differences: tuple[str, ...] = ()


def compare(theirs: StoredRun, ours: StoredRun | None) -> Comparison:
    """Compares two runs of one id: status, dataset, and every metric that both have, bitwise."""
    if not ended(theirs):
        return Comparison("unfinished")
    if ours is None or not ended(ours):
        return Comparison("new")
    status, own = theirs.tags[layout.STATUS], ours.tags[layout.STATUS]
    if layout.FAILED in (status, own) or status == own == layout.DIVERGED:
        return Comparison("better" if own == layout.FAILED != status else "same")
    if status != own:
        return Comparison("conflict", differences=(f"status: {own} here, {status} there",))
    if differences := tuple(_differences(theirs, ours)):
        return Comparison("conflict", differences=differences)
    missing = {
        key: value
        for key, value in theirs.metrics.items()
        if key.startswith(_SCORES) and key not in ours.metrics
    }
    return Comparison("more scores" if missing else "same", missing)


def _differences(theirs: StoredRun, ours: StoredRun) -> list[str]:
    here, there = (run.tags.get(layout.FINGERPRINT, "") for run in (ours, theirs))
    found = [] if here == there else [f"dataset: {here} here, {there} there"]
    for key in sorted(set(ours.metrics) & set(theirs.metrics)):
        own, other = ours.metrics[key], theirs.metrics[key]
        if not _equal(own, other):
            found.append(f"{key}: {own!r} here, {other!r} there")
    return found


def _equal(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
