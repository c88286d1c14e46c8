"""Publishing: in order, patiently, and with an account of what is left."""

import threading

import pytest

from sweeper.publishing.queue import Publisher


class FlakyStore:
    """A writer's stand-in: down while `down` is set. done: what was written, in order."""

    def __init__(self):
        self.down = threading.Event()
        self.done = []
        self.opened = 0

    def open(self):
        self.opened += 1
        if self.down.is_set():
            raise ConnectionError("refused\nand more lines")
        return self

    def task(self, name):
        def run(writer):
            if self.down.is_set():
                raise ConnectionError("gone")
            writer.done.append(name)

        return run


@pytest.fixture
def store():
    return FlakyStore()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("sweeper.publishing.queue.FIRST_PAUSE_S", 0.001)


def wait_until(condition):
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it never came")


def test_tasks_are_done_in_order_by_one_writer(store):
    publisher = Publisher(store.open)
    for number in range(20):
        publisher.put(store.task(number))
    assert publisher.close(1.0) == 0
    assert store.done == list(range(20))
    assert (store.opened, publisher.published, publisher.num_pending) == (1, 20, 0)


def test_a_store_that_is_away_loses_and_doubles_nothing(store):
    publisher = Publisher(store.open)
    publisher.put(store.task("before"))
    wait_until(lambda: store.done == ["before"])
    store.down.set()
    for number in range(3):
        publisher.put(store.task(number))
    wait_until(lambda: publisher.last_error)
    assert publisher.num_pending == 3
    assert "\n" not in publisher.last_error
    store.down.clear()
    assert publisher.close(10.0) == 0
    assert store.done == ["before", 0, 1, 2]
    assert publisher.last_error == ""


def test_what_a_closed_publisher_could_not_write_is_counted(store):
    store.down.set()
    publisher = Publisher(store.open)
    for number in range(3):
        publisher.put(store.task(number))
    assert publisher.close(0.0) == 3
    assert store.done == []


def test_a_record_that_nobody_can_write_holds_up_no_other_for_ever(store):
    """A damaged record fails every time; after a few tries the ones behind it go first."""

    def bad(writer):
        raise ValueError("damaged")

    publisher = Publisher(store.open)
    publisher.put(bad)
    publisher.put(store.task("behind"))
    wait_until(lambda: store.done == ["behind"])
    assert publisher.close(0.0) == 1


def test_a_second_signal_during_closing_ends_the_wait(store):
    store.down.set()
    publisher = Publisher(store.open)
    publisher.put(store.task(0))
    publisher.stop_retrying()
    assert publisher.close(1e6) == 1
