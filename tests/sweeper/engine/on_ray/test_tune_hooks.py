"""What a failed trial becomes: retried, or reported at once; which pending trials are withdrawn."""

from types import SimpleNamespace

import pytest

from sweeper.engine.attempts import Attempts
from sweeper.engine.on_ray.tune_hooks import EventCallback, StopScheduler
from tests.sweeper.support.engine_jobs import make_job


class Nodes:
    """Two nodes of a cluster, or the one of this machine."""

    def __init__(self, in_cluster):
        self.in_cluster = in_cluster

    def alive(self):
        return frozenset(["a", "b"] if self.in_cluster else ["a"])

    def host(self, node):
        return node


def failed(error, tmp_path, in_cluster=False):
    """The event of a trial whose worker died with this error before it reported anything."""
    attempts, events = Attempts([make_job(tmp_path, 1)], max_failures=2), []
    attempts.next(["a"])
    callback = EventCallback(attempts, Nodes(in_cluster), events.append)
    file = tmp_path / "error.txt"
    file.write_text(f"Traceback (most recent call last):\n{error}\n")
    config = {"job": make_job(tmp_path, 1).to_dict()}
    trial = SimpleNamespace(trial_id="t", error_file=str(file), config=config)
    callback.on_trial_error(0, [], trial)
    (event,) = events
    return event


@pytest.mark.parametrize(
    "error",
    [
        "ModuleNotFoundError: No module named 'trainers.errors'",
        "ImportError: cannot import name 'DataError' from 'trainers.errors'",
    ],
)
def test_code_that_cannot_be_imported_fails_at_once_with_the_reason(error, tmp_path):
    event = failed(error, tmp_path)
    assert (event.kind, event.reason) == ("failed", error)


def test_on_a_cluster_another_node_may_have_the_code(tmp_path):
    error = "ModuleNotFoundError: No module named 'trainers'"
    event = failed(error, tmp_path, in_cluster=True)
    assert (event.kind, event.reason) == ("progress", error)


def test_other_errors_are_retried(tmp_path):
    event = failed("OSError: No child processes", tmp_path)
    assert (event.kind, event.reason) == ("progress", "OSError: No child processes")


class Controller:
    """Tune's controller with one trial."""

    def __init__(self, status, excluded):
        self.trial = SimpleNamespace(
            trial_id="t", status=status, PENDING="PENDING", config={"excluded": excluded}
        )
        self.stopped = []
        self.search_alg = SimpleNamespace()

    def get_live_trials(self):
        return [self.trial]

    def get_trials(self):
        return []

    def request_stop_trial(self, trial):
        self.stopped.append(trial)


@pytest.mark.parametrize(
    ("status", "excluded", "bad", "is_withdrawn"),
    [
        ("PENDING", [], set(), False),
        ("PENDING", [], {"a"}, True),  # placed before node a was excluded
        ("PENDING", ["a"], {"a"}, False),
        ("RUNNING", [], {"a"}, False),
        ("PENDING", [], {"a", "b"}, False),  # no other node is left
        ("PENDING", ["a", "b"], {"a"}, True),  # may start nowhere
    ],
)
def test_a_pending_trial_that_may_start_on_an_excluded_node_is_withdrawn(
    status, excluded, bad, is_withdrawn, tmp_path
):
    attempts = Attempts([make_job(tmp_path, 1)], max_failures=2)
    attempts.excluded_nodes |= bad
    controller = Controller(status, excluded)
    scheduler = StopScheduler(attempts, Nodes(in_cluster=True), lambda event: False)
    scheduler.choose_trial_to_run(controller)
    assert bool(controller.stopped) is is_withdrawn
