"""Ends a launch whose first trainings all fail alike: the rest would fail the same way.

One success, that is a milestone or a finished training, switches it off for the rest of the launch.
Diverged trainings are results, and count neither way."""

import re

from sweeper.engine.jobs import TrainingEvent

# What differs between two failures of one cause: ids, addresses, paths, numbers.
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|(?:/[\w.-]+)+|\d+(?:\.\d+)?")


class Breaker:
    """limit: failures alike that end the launch; 0 for never.  reason: why it has to end, or ''."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures: list[str] = []
        self._has_success = False
        self.reason = ""

    def add_event(self, event: TrainingEvent) -> None:
        if event.kind == "finished" or event.records:
            self._has_success = True
        elif event.kind == "failed" and not self._has_success:
            self._failures.append(event.reason)
            self._check()

    def _check(self) -> None:
        kinds = {_VARYING.sub("#", reason) for reason in self._failures}
        if self._limit and len(self._failures) >= self._limit and len(kinds) == 1:
            self.reason = (
                f"the first {len(self._failures)} trainings all failed alike, so the launch "
                f"ended: {self._failures[-1]}. Correct the cause, then launch again; "
                "`resources: {max_failures_alike: 0}` trains the others all the same"
            )
