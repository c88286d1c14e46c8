"""The queue to MLflow: order, retries, local failures, and a count of what is left."""

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
            return name

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
    assert (store.opened, publisher.results(), publisher.num_pending) == (1, store.done, 0)


def test_an_outage_loses_and_doubles_nothing(store, monkeypatch):
    # However long it lasts here, no other task goes first.
    monkeypatch.setattr("sweeper.publishing.queue._MAX_TRIES", 1_000_000)
    publisher = Publisher(store.open)
    publisher.put(store.task("before"))
    wait_until(lambda: store.done == ["before"])
    store.down.set()
    for number in range(3):
        publisher.put(store.task(number))
    wait_until(lambda: publisher.failure)
    assert publisher.num_pending == 3
    assert publisher.failure.is_outage and "\n" not in str(publisher.failure)
    store.down.clear()
    assert publisher.close(10.0) == 0
    assert store.done == ["before", 0, 1, 2]
    assert publisher.failure is None


def test_what_a_closed_publisher_could_not_write_is_counted(store):
    store.down.set()
    publisher = Publisher(store.open)
    for number in range(3):
        publisher.put(store.task(number))
    assert publisher.close(0.0) == 3
    assert store.done == []


def test_a_record_that_fails_every_time_does_not_block_the_others(store):

    def bad(writer):
        raise ValueError("damaged")

    publisher = Publisher(store.open)
    publisher.put(bad)
    publisher.put(store.task("behind"))
    wait_until(lambda: store.done == ["behind"])
    assert publisher.close(1e6) == 1


def test_a_local_failure_is_reported_once_and_at_once_with_its_remedy(store):
    """While others go through, and without waiting for the end of a timeout."""
    reported = []

    def unwritable(writer):
        raise PermissionError(13, "Permission denied", "/mlartifacts/1")

    publisher = Publisher(store.open, reported.append)
    for task in (unwritable, store.task("behind"), unwritable):
        publisher.put(task)
    wait_until(lambda: store.done == ["behind"] and len(reported) == 1)
    assert publisher.wait(1e6) == 2
    assert "/mlartifacts/1" in reported[0].reason and "writable" in reported[0].remedy
    publisher.put(store.task("the end of the launch"))
    assert publisher.close(1e6) == 2
    assert store.done == ["behind", "the end of the launch"]
    assert publisher.failure == reported[0]
    assert len(reported) == 1


def test_what_was_repaired_meanwhile_is_published(store):
    broken = threading.Event()
    broken.set()

    def draw(writer):
        if broken.is_set():
            raise RuntimeError("latex could not be found")
        writer.done.append("drawn")

    publisher = Publisher(store.open)
    publisher.put(draw)
    wait_until(lambda: publisher.failure)
    broken.clear()
    assert publisher.close(1e6) == 0 and store.done == ["drawn"]


def test_tasks_put_after_a_wait_are_done_too(store):
    publisher = Publisher(store.open)
    publisher.put(store.task(0))
    assert publisher.wait(1.0) == 0 and publisher.results() == [0]
    publisher.put(store.task(1))
    assert publisher.close(1.0) == 0 and publisher.results() == [0, 1]


def test_a_second_signal_during_closing_ends_the_wait(store):
    store.down.set()
    publisher = Publisher(store.open)
    publisher.put(store.task(0))
    publisher.stop_retrying()
    assert publisher.close(1e6) == 1
