"""A running launch takes the trainings of another one."""

import threading
from dataclasses import replace

import pytest

from sweeper.cli.launch.hand_over import launch_or_hand_over
from sweeper.errors import StoreInUseError
from sweeper.grid import load_grid
from sweeper.launching.launch import launch
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from sweeper.store.launch_lock import store_lock
from sweeper.store.requests import LaunchRequest, oldest_request, write_request

TEXT = """
datasets: dsprites
models: vae
axes: {batch_size: 4, learning_rate: 1e-3, iterations: 2}
seeds: %s
"""


@pytest.fixture
def grids(tmp_path):
    """A grid and its extension by two seeds."""
    for name, seeds in (("small", [0]), ("large", [0, 1, 2])):
        (tmp_path / f"{name}.yaml").write_text(TEXT % seeds)
    return load_grid(tmp_path / "small.yaml"), load_grid(tmp_path / "large.yaml")


def hand_over(grid, **settings):
    return launch_or_hand_over(
        grid,
        replace(default_settings(), **settings),
        lambda: launch(grid, default_settings()).exit_code,
        hand_over=True,
    )


def test_a_second_launch_hands_its_trainings_to_the_first(engine, launched, runs, grids, capsys):
    small, large = grids
    train, codes = engine._train, []

    def train_and_extend(*arguments):
        if not codes:  # while the first launch trains
            thread = threading.Thread(target=lambda: codes.append(hand_over(large)))
            thread.start()
            thread.join()
        return train(*arguments)

    engine._train = train_and_extend
    outcome, text = launched(small)
    assert codes == [0]
    assert "handed over: the launch of small" in capsys.readouterr().out
    assert engine.trained[0] == make_plan(small).trainings[0].training_id
    assert sorted(engine.trained) == sorted(t.training_id for t in make_plan(large).trainings)
    assert sorted(run for run, _ in runs()) == sorted(make_plan(large).run_ids)
    assert "handed over: large: 3 of 3 runs done" in text
    assert (outcome.exit_code, outcome.plan.grid) == (0, "small")
    assert oldest_request(default_settings().store) is None


def test_without_consent_the_launch_is_refused_as_before(grids, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = default_settings()
    with store_lock(settings.store, "small", takes_requests=True):
        with pytest.raises(StoreInUseError, match="--hand-over"):
            launch_or_hand_over(
                grids[1], settings, lambda: launch(grids[1], settings).exit_code, hand_over=False
            )
    assert oldest_request(settings.store) is None


def test_a_merge_takes_no_requests(grids, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with store_lock(default_settings().store, "merge x"):
        with pytest.raises(StoreInUseError) as refused:
            hand_over(grids[1])
    assert "--hand-over" not in str(refused.value)
    assert oldest_request(default_settings().store) is None


def test_the_store_may_have_become_free_meanwhile(engine, grids, tmp_path):
    """Then the second launch trains by itself, and leaves no request."""
    attempts = []

    def try_to_launch():
        attempts.append(1)
        if len(attempts) == 1:
            raise StoreInUseError("x", holder="x", takes_requests=True)
        return launch(grids[1], default_settings()).exit_code

    code = launch_or_hand_over(grids[1], default_settings(), try_to_launch, hand_over=True)
    assert (code, len(engine.trained)) == (0, 3)
    assert oldest_request(default_settings().store) is None


def test_a_request_that_cannot_be_met_is_a_note(engine, launched, grids, tmp_path):
    write_request(default_settings().store, LaunchRequest(str(tmp_path / "gone.yaml"), {}))
    outcome, text = launched(grids[0])
    assert outcome.exit_code == 0 and "handed over: " in text and "gone.yaml" in text
    assert oldest_request(default_settings().store) is None


def test_after_a_signal_the_request_is_left_to_the_next_launch(engine, launched, grids, tmp_path):
    write_request(default_settings().store, LaunchRequest(str(tmp_path / "large.yaml"), {}))
    engine.milestones = 0
    launched(grids[0])
    assert oldest_request(default_settings().store) is not None
    engine.milestones = 10
    outcome, text = launched(grids[0])
    assert "handed over: large: 3 of 3 runs done" in text


def test_the_settings_of_the_request_are_used(engine, launched, grids, tmp_path):
    request = LaunchRequest(str(tmp_path / "large.yaml"), {"scale": 2.0})
    write_request(default_settings().store, request)
    launched(grids[0])
    scaled = {t.training_id for t in make_plan(grids[1], scale=2.0).trainings}
    assert scaled <= set(engine.trained)
