"""What Ray Tune calls during a run: news of trials, and whether to stop.

Tune pickles its own set-up, these included, to be able to restore it. Nothing here ever restores
one (a launch plans anew), so each pickles as Tune's idle counterpart."""

import threading
from collections.abc import Callable
from typing import Any

from ray import tune


class News(tune.Callback):
    """Hands on each result and each trial that is given up."""

    def __init__(
        self, on_result: Callable[[dict[str, Any]], None], on_error: Callable[[Any], None]
    ) -> None:
        self._on_result = on_result
        self._on_error = on_error

    def __reduce__(self) -> tuple[Any, ...]:
        return tune.Callback, ()

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any
    ) -> None:
        self._on_result(result)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._on_error(trial)


class StopOn(tune.Stopper):
    """Stops every trial once the event is set."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __reduce__(self) -> tuple[Any, ...]:
        return tune.stopper.NoopStopper, ()

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return self._event.is_set()

    def stop_all(self) -> bool:
        return self._event.is_set()
