"""Signals: the first asks to stop, the second ends at once; earlier handlers are restored."""

import os
import signal
import threading

import pytest

from sweeper.launching.control.signals import handle_interrupts

pytestmark = pytest.mark.usefixtures("sighup_not_ignored")


@pytest.mark.parametrize(
    "number, code", [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_the_first_signal_asks_to_stop_and_gives_the_exit_code(number, code):
    with handle_interrupts() as caught:
        assert caught.exit_code == 0
        os.kill(os.getpid(), number)
        assert caught.stop.wait(10)
        assert caught.exit_code == code


def test_the_second_signal_ends_at_once_with_the_code_of_the_first():
    with handle_interrupts() as caught:
        os.kill(os.getpid(), signal.SIGTERM)
        assert caught.stop.wait(10)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        assert caught.exit_code == 143


def test_a_lost_terminal_that_sends_sighup_twice_lets_trainings_save():
    with handle_interrupts() as caught:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            assert caught.stop.wait(10)
        assert caught.exit_code == 129


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handle_interrupts() as caught:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not caught.stop.is_set()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_restored():
    before = signal.getsignal(signal.SIGTERM)
    with handle_interrupts():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_another_thread_than_the_main_one_handles_nothing():
    seen = []

    def enter():
        with handle_interrupts() as caught:
            seen.append(caught.exit_code)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [0]
