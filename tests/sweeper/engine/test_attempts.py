"""Attempts: their order, what counts as a failure, excluded nodes."""

from hypothesis import given
from hypothesis import strategies as st

from sweeper.engine.attempts import MAX_FAILED_TRAININGS, MAX_NODE_LOSSES, Attempts
from sweeper.engine.jobs import Job
from tests.sweeper.support.engine_jobs import make_job

CONFIG = make_job("", 0).config


def attempts(*names, max_failures=2):
    return Attempts([Job(name, CONFIG, "") for name in names], max_failures)


def hand_out(queue, nodes=("n1", "n2")):
    found = queue.next(nodes)
    return None if found is None else (found[0].training_id, found[1])


def test_jobs_are_handed_out_in_order_and_once():
    queue = attempts("c", "a", "b")
    assert [hand_out(queue) for _ in range(4)] == [("c", ()), ("a", ()), ("b", ()), None]
    assert not queue.is_done
    for name in "abc":
        queue.ended(name)
    assert queue.is_done


def test_a_failed_job_is_retried_before_later_ones_and_not_on_that_node():
    queue = attempts("a", "b")
    hand_out(queue)
    assert queue.record_failure("a", "n1", {"n1", "n2"})
    assert hand_out(queue) == ("a", ("n1",))


def test_no_job_goes_to_a_draining_node_even_if_it_is_the_only_one():
    queue = attempts("a", "b")
    assert queue.next({"n2"}, {"n1"})[1] == ("n1",)
    assert queue.next((), {"n1"})[1] == ("n1",)


def test_a_training_of_a_drained_node_is_requeued_without_counting_a_failure():
    queue = attempts("a", max_failures=0)
    for _ in range(3):
        hand_out(queue)
        queue.requeue("a")
    assert hand_out(queue) == ("a", ())


def test_on_the_only_node_it_is_retried_there():
    queue = attempts("a")
    hand_out(queue, ["n1"])
    assert queue.record_failure("a", "n1", {"n1"})
    assert hand_out(queue, ["n1"]) == ("a", ())


def test_it_fails_after_max_failures_retries():
    queue = attempts("a", max_failures=2)
    retried = []
    for _ in range(3):
        hand_out(queue, ["n1"])
        retried.append(queue.record_failure("a", "n1", {"n1"}))
    assert retried == [True, True, False]
    assert queue.next(["n1"]) is None and queue.is_done


def test_progress_resets_the_count():
    queue = attempts("a", max_failures=1)
    for start in (0, 10, 20, 30):
        hand_out(queue, ["n1"])
        queue.record_start("a", start)
        assert queue.record_failure("a", "n1", {"n1"})
    hand_out(queue, ["n1"])
    queue.record_start("a", 30)
    assert not queue.record_failure("a", "n1", {"n1"})


def test_lost_nodes_do_not_count_up_to_a_limit():
    queue = attempts("a", max_failures=0)
    for _ in range(MAX_NODE_LOSSES - 1):
        hand_out(queue)
        assert queue.record_failure("a", "gone", {"n1"})
    hand_out(queue)
    assert not queue.record_failure("a", "gone", {"n1"})


def test_a_failure_that_needs_another_node_is_not_retried_on_the_only_one():
    queue = attempts("a", "b")
    hand_out(queue), hand_out(queue)
    assert not queue.record_failure("a", "n1", {"n1"}, retry_here=False)
    assert queue.record_failure("b", "n1", {"n1", "n2"}, retry_here=False)
    assert hand_out(queue) == ("b", ("n1",))
    assert not queue.record_failure("b", "n2", {"n1", "n2"}, retry_here=False)


def test_a_node_on_which_everything_fails_is_excluded_and_failures_there_do_not_count():
    queue = attempts("a", "b", "c", "d", max_failures=1)
    failing = [hand_out(queue)[0] for _ in range(MAX_FAILED_TRAININGS)]
    for name in failing:
        assert queue.record_failure(name, "bad", {"bad", "good"})
    assert queue.excluded_nodes == {"bad"}
    assert [hand_out(queue, ["bad", "good"]) for _ in range(4)] == [
        (name, ("bad",)) for name in "abcd"
    ]
    # The failures on the bad machine are forgotten: one more is still allowed.
    assert queue.record_failure("a", "good", {"bad", "good"})


def test_a_node_on_which_some_trainings_succeed_is_kept():
    queue = attempts("a", "b", "c", "d", max_failures=5)
    for name in [hand_out(queue)[0] for _ in range(4)]:
        queue.record_milestone("n1")
        queue.record_failure(name, "n1", {"n1", "n2"})
    assert not queue.excluded_nodes


def test_the_last_node_is_never_excluded():
    queue = attempts("a", "b", "c", "d", max_failures=9)
    for name in [hand_out(queue, ["n1"])[0] for _ in range(4)]:
        queue.record_failure(name, "n1", {"n1"})
    assert not queue.excluded_nodes


def test_an_excluded_node_is_used_again_when_the_others_are_lost():
    queue = attempts("a", "b", "c", max_failures=5)
    for name in [hand_out(queue)[0] for _ in range(3)]:
        queue.record_failure(name, "bad", {"bad", "good"})
    assert hand_out(queue, ["bad"]) == ("a", ())


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["n1", "n2", "gone", ""])), max_size=300)
)
def test_every_job_ends_whatever_happens(fates):
    queue = attempts(*"abcdef", max_failures=1)
    ends = dict.fromkeys("abcdef", 0)
    fate = iter(fates)
    while (found := hand_out(queue)) is not None:
        name = found[0]
        kind, node = next(fate, (0, "n1"))
        if kind == 0:
            queue.ended(name)
            ends[name] += 1
        else:
            ends[name] += not queue.record_failure(name, node, {"n1", "n2"}, retry_here=kind != 5)
    assert queue.is_done
    assert set(ends.values()) == {1}
