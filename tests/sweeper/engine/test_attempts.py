"""The account of attempts: order, what counts as a failure, machines set aside."""

from hypothesis import given
from hypothesis import strategies as st

from sweeper.engine.attempts import MAX_FAILED_TRAININGS, MAX_NODE_LOSSES, Attempts
from sweeper.engine.jobs import Job
from tests.sweeper.support.engine_jobs import make_job

CONFIG = make_job("", 0).config


def attempts(*names, max_failures=2):
    return Attempts([Job(name, CONFIG, "") for name in names], max_failures)


def hand_out(account, nodes=("n1", "n2")):
    found = account.next(nodes)
    return None if found is None else (found[0].training_id, found[1])


def test_jobs_are_handed_out_in_order_and_once():
    account = attempts("c", "a", "b")
    assert [hand_out(account) for _ in range(4)] == [("c", ()), ("a", ()), ("b", ()), None]
    assert not account.is_done
    for name in "abc":
        account.ended(name)
    assert account.is_done


def test_a_failed_job_is_retried_before_later_ones_and_not_on_that_node():
    account = attempts("a", "b")
    hand_out(account)
    assert account.record_failure("a", "n1", {"n1", "n2"})
    assert hand_out(account) == ("a", ("n1",))


def test_no_job_goes_to_a_draining_node_even_if_it_is_the_only_one():
    account = attempts("a", "b")
    assert account.next({"n2"}, {"n1"})[1] == ("n1",)
    assert account.next((), {"n1"})[1] == ("n1",)


def test_a_training_of_a_drained_node_is_requeued_without_counting_a_failure():
    account = attempts("a", max_failures=0)
    for _ in range(3):
        hand_out(account)
        account.requeue("a")
    assert hand_out(account) == ("a", ())


def test_on_the_only_node_it_is_retried_there():
    account = attempts("a")
    hand_out(account, ["n1"])
    assert account.record_failure("a", "n1", {"n1"})
    assert hand_out(account, ["n1"]) == ("a", ())


def test_it_fails_after_max_failures_retries():
    account = attempts("a", max_failures=2)
    retried = []
    for _ in range(3):
        hand_out(account, ["n1"])
        retried.append(account.record_failure("a", "n1", {"n1"}))
    assert retried == [True, True, False]
    assert account.next(["n1"]) is None and account.is_done


def test_progress_resets_the_count():
    account = attempts("a", max_failures=1)
    for start in (0, 10, 20, 30):
        hand_out(account, ["n1"])
        account.record_start("a", start)
        assert account.record_failure("a", "n1", {"n1"})
    hand_out(account, ["n1"])
    account.record_start("a", 30)
    assert not account.record_failure("a", "n1", {"n1"})


def test_lost_nodes_do_not_count_up_to_a_limit():
    account = attempts("a", max_failures=0)
    for _ in range(MAX_NODE_LOSSES - 1):
        hand_out(account)
        assert account.record_failure("a", "gone", {"n1"})
    hand_out(account)
    assert not account.record_failure("a", "gone", {"n1"})


def test_a_failure_that_needs_another_node_is_not_retried_on_the_only_one():
    account = attempts("a", "b")
    hand_out(account), hand_out(account)
    assert not account.record_failure("a", "n1", {"n1"}, retry_here=False)
    assert account.record_failure("b", "n1", {"n1", "n2"}, retry_here=False)
    assert hand_out(account) == ("b", ("n1",))
    assert not account.record_failure("b", "n2", {"n1", "n2"}, retry_here=False)


def test_a_node_on_which_everything_fails_is_excluded_and_its_failures_forgiven():
    account = attempts("a", "b", "c", "d", max_failures=1)
    failing = [hand_out(account)[0] for _ in range(MAX_FAILED_TRAININGS)]
    for name in failing:
        assert account.record_failure(name, "bad", {"bad", "good"})
    assert account.excluded_nodes == {"bad"}
    assert [hand_out(account, ["bad", "good"]) for _ in range(4)] == [
        (name, ("bad",)) for name in "abcd"
    ]
    # The failures on the bad machine are forgotten: one more is still allowed.
    assert account.record_failure("a", "good", {"bad", "good"})


def test_a_node_on_which_some_trainings_succeed_is_kept():
    account = attempts("a", "b", "c", "d", max_failures=5)
    for name in [hand_out(account)[0] for _ in range(4)]:
        account.record_milestone("n1")
        account.record_failure(name, "n1", {"n1", "n2"})
    assert not account.excluded_nodes


def test_the_last_node_is_never_excluded():
    account = attempts("a", "b", "c", "d", max_failures=9)
    for name in [hand_out(account, ["n1"])[0] for _ in range(4)]:
        account.record_failure(name, "n1", {"n1"})
    assert not account.excluded_nodes


def test_an_excluded_node_is_used_again_when_the_others_are_lost():
    account = attempts("a", "b", "c", max_failures=5)
    for name in [hand_out(account)[0] for _ in range(3)]:
        account.record_failure(name, "bad", {"bad", "good"})
    assert hand_out(account, ["bad"]) == ("a", ())


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["n1", "n2", "gone", ""])), max_size=300)
)
def test_every_job_ends_whatever_happens(fates):
    account = attempts(*"abcdef", max_failures=1)
    ends = dict.fromkeys("abcdef", 0)
    fate = iter(fates)
    while (found := hand_out(account)) is not None:
        name = found[0]
        kind, node = next(fate, (0, "n1"))
        if kind == 0:
            account.ended(name)
            ends[name] += 1
        else:
            ends[name] += not account.record_failure(name, node, {"n1", "n2"}, retry_here=kind != 5)
    assert account.is_done
    assert set(ends.values()) == {1}
