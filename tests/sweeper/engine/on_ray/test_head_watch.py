"""A head that answers, restarts in time, or is lost. Without Ray: only its pings."""

import socket
import threading

import pytest

from sweeper.engine.on_ray import head_watch
from sweeper.engine.on_ray.head_watch import HeadLost, is_reachable, run_while_head_is_up


@pytest.fixture
def joined(monkeypatch):
    """A cluster whose head answers as the test says: a list that is read to its last entry."""
    answers = [True]
    monkeypatch.setattr(head_watch, "_address", lambda: "10.0.0.1:6379")
    monkeypatch.setattr(
        head_watch, "is_reachable", lambda address: answers.pop(0) if answers[1:] else answers[0]
    )
    monkeypatch.setattr(head_watch, "_PING_INTERVAL_S", 0.01)
    monkeypatch.setattr(head_watch, "head_timeout_s", lambda: 0.2)
    left = []
    monkeypatch.setattr(head_watch, "abandon_ray", lambda: left.append(True))
    return answers, left


def test_work_that_ends_in_time_returns_or_raises(joined):
    done = []
    run_while_head_is_up(lambda left: done.append(left.is_set()))
    assert done == [False]
    with pytest.raises(ZeroDivisionError):
        run_while_head_is_up(lambda left: 1 // 0)


def test_a_head_that_restarts_in_time_has_no_effect(joined):
    answers, left = joined
    answers[:] = [True, False, False, True]
    run_while_head_is_up(lambda event: threading.Event().wait(0.5))
    assert not left


def test_a_lost_head_ends_the_wait_and_abandons_the_work(joined):
    answers, left = joined
    answers[:] = [True, False]
    seen = []
    with pytest.raises(HeadLost, match="at 10.0.0.1:6379 does not answer any more"):
        run_while_head_is_up(lambda event: seen.append(event.wait(60)))
    assert left == [True]


def test_a_head_that_never_answered_is_not_taken_for_lost(joined):
    answers, left = joined
    answers[:] = [False]
    run_while_head_is_up(lambda event: threading.Event().wait(0.5))
    assert not left


def test_what_listens_answers():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert is_reachable(f"127.0.0.1:{port}")
    assert not is_reachable(f"127.0.0.1:{port}")
