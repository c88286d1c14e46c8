"""What a launch reports to its user: its end, and the first failure and divergence."""

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from sweeper.engine.jobs import TrainingEvent
from sweeper.grid import Grid
from sweeper.grid.blocks.notify import Notify
from sweeper.messages import first_line
from sweeper.notify.delivery import Delivery, OnFailure, to_command, to_webhook
from sweeper.notify.user_file import user_notify

_WAIT_S = 10.0  # at the end of a launch, for all deliveries together


class Ending(Protocol):
    """What is reported of an `Outcome`."""

    @property
    def num_done(self) -> int: ...
    @property
    def num_left(self) -> int: ...
    @property
    def failed(self) -> Mapping[str, str]: ...
    @property
    def diverged(self) -> Mapping[str, str]: ...
    @property
    def exit_code(self) -> int: ...
    @property
    def stop_reason(self) -> str: ...
    @property
    def engine_error(self) -> str: ...


class Notifier:
    """Sends each kind of notification once. Without settings it sends nothing."""

    def __init__(self, grid: str, notify: Notify | None, on_failure: OnFailure) -> None:
        self._grid, self._notify, self._on_failure = grid, notify, on_failure
        self._sent: set[str] = set()
        self._deliveries: list[Delivery] = []

    def add_event(self, event: TrainingEvent) -> None:
        """Reports the first training that failed, and the first that diverged."""
        if event.kind in ("failed", "diverged"):
            kind = "failure" if event.kind == "failed" else "divergence"
            text = f"a training {event.kind}: {event.reason}"
            self.send(kind, text, training_id=event.training_id)

    def send(self, event: str, text: str, **more: Any) -> None:
        """Starts to deliver; returns at once."""
        if self._notify is None or event not in self._notify.events or event in self._sent:
            return
        self._sent.add(event)
        text = f"sweeper, grid {self._grid} on {socket.gethostname()}: {text}"
        # Slack, Mattermost and Teams show `text`, Discord shows `content`.
        content = {"text": text, "content": text, "event": event, "grid": self._grid, **more}
        if self._notify.webhook is not None:
            self._deliveries.append(to_webhook(self._notify.webhook, content, self._on_failure))
        if self._notify.command is not None:
            self._deliveries.append(to_command(self._notify.command, content, self._on_failure))

    def send_end(self, outcome: Ending) -> None:
        """Reports how a launch ended."""
        counts = {
            "done": outcome.num_done,
            "left": outcome.num_left,
            "failed": len(outcome.failed),
            "diverged": len(outcome.diverged),
        }
        shown = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        text = f"the launch ended with exit code {outcome.exit_code}; runs: {shown or 'none'}"
        reason = outcome.stop_reason or outcome.engine_error
        text += f". {reason}" if reason else ""
        self.send("end", text, exit_code=outcome.exit_code, **counts)

    def wait(self) -> None:
        """Waits for pending deliveries, a few seconds in all."""
        end = time.monotonic() + _WAIT_S
        for delivery in self._deliveries:
            delivery.wait(end)


def open_notifier(grid: Grid, on_failure: OnFailure) -> Notifier:
    """By the grid's `notify`, or else by the user's own file. Raises UsageError."""
    return Notifier(grid.title, grid.notify or user_notify(), on_failure)


@contextlib.contextmanager
def notifying(notifier: Notifier) -> Iterator[None]:
    """A launch that ends with an exception is reported too; waits for deliveries at the end."""
    try:
        yield
    except Exception as error:
        notifier.send("end", f"the launch ended with an error: {first_line(error)}", exit_code=1)
        raise
    finally:
        notifier.wait()
