"""Several trainings in one process: each as if alone."""

import json
import threading

import pytest

from tests.trainers.test_training import (
    assert_equal_milestones,
    finish,
    milestone,
    open_training,
    tiny_network,  # noqa: F401  (a fixture)
)
from tests.trainers.toy import toy_config
from trainers.__main__ import main
from trainers.parallel import train_in_parallel


def test_lanes_give_the_bits_of_trainings_alone(tmp_path):
    configs = {
        "a": toy_config(),
        "b": toy_config(seed=6),
        "c": toy_config(model="control_vae", params={}),
    }
    told = []
    lanes = {name: open_training(tmp_path / name, config) for name, config in configs.items()}
    errors = train_in_parallel(
        lanes, lambda name, state: told.append((name, state.iteration)), threading.Event()
    )
    assert errors == {}
    assert {name for name, iteration in told if iteration == 40} == set(configs)
    for name, config in configs.items():
        finish(open_training(tmp_path / "alone" / name, config))
        alone = milestone(tmp_path / "alone" / name, 40)
        assert_equal_milestones(alone, milestone(tmp_path / name, 40))


def test_one_that_fails_does_not_stop_the_others(tmp_path):
    good, bad = open_training(tmp_path / "good"), open_training(tmp_path / "bad")
    bad._parts.runner.run = lambda first, last: 1 / 0
    errors = train_in_parallel({"good": good, "bad": bad}, lambda *_: None, threading.Event())
    assert list(errors) == ["bad"]
    assert isinstance(errors["bad"], ZeroDivisionError)
    assert good.status == "finished"


def test_a_stop_saves_and_the_next_time_goes_on(tmp_path):
    stop = threading.Event()
    first = open_training(tmp_path)
    train_in_parallel({"one": first}, lambda *_: stop.set(), stop, seconds=1e-9)
    assert first.iteration == 10
    assert open_training(tmp_path).iteration == 10


def test_weights_of_a_torn_block_are_not_saved(tmp_path):
    training = open_training(tmp_path)
    training.advance(1e-9)

    def torn(first, last):
        raise KeyboardInterrupt

    training._parts.runner.run = torn
    with pytest.raises(KeyboardInterrupt):
        training.advance()
    training.save()
    training.close()
    assert open_training(tmp_path).iteration == 0


@pytest.fixture
def configs(tmp_path):
    paths = []
    for seed in (1, 2):
        config = toy_config(
            network="cnn", seed=seed, batch_size=2, milestones=(2,), measures=("cbd",)
        )
        paths.append(tmp_path / f"seed{seed}.json")
        paths[-1].write_text(json.dumps(config.to_dict()))
    return paths


def test_the_command_trains_several_configurations(configs, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*map(str, configs), "--out", str(out), "--threads", "1"]) == 0
    text = capsys.readouterr().out
    assert "seed1: finished at iteration 2" in text
    assert "seed2: finished at iteration 2" in text
    for name in ("seed1", "seed2"):
        assert milestone(out / name, 2).iteration == 2


def test_the_command_names_every_mistake(configs, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "seed1.json"
    twin.write_text(configs[0].read_text())
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert main([str(configs[0]), str(twin), str(broken)]) == 2
    text = capsys.readouterr().err
    assert "seed1.json: a second file named seed1" in text
    assert "broken.json: is not JSON" in text
