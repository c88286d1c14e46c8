"""Trainings fused into one program: each gives what it gives alone, up to rounding."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainers.running.test_graph import DrawnToy
from tests.trainers.test_training import (
    assert_equal_milestones,
    milestone,
    tiny_network,  # noqa: F401  (a fixture)
)
from tests.trainers.toy import toy_config
from trainers.errors import ConfigError
from trainers.fused import advance, open_trainings
from trainers.objectives import OBJECTIVES
from trainers.saving.folders import LocalFolder
from trainers.saving.records import find_records
from trainers.specs.models import MODELS
from trainers.training import Training

# Values of a parameter that two trainings may have, where 0.7 and 1.3 times the default are not.
ALLOWED = {"Ki": (-0.001, -0.002)}


QUICK = {("l_vae",), ("dynamic_vae",), ("beta_vae", "beta"), ("control_vae", "Kp")}


def _case(*values):
    """Parameters of a test that only CI runs, unless they are among the quick ones."""
    return pytest.param(*values, marks=() if values in QUICK else pytest.mark.slow)


def members(**changes):
    """Four configurations that differ in seed and learning rate."""
    return [
        toy_config(seed=seed, learning_rate=rate, fused=True, **changes)
        for seed in (1, 2)
        for rate in (1e-3, 2e-3)
    ]


def fused(folder, configs, **options):
    folders = [LocalFolder(folder / str(k)) for k in range(len(configs))]
    return open_trainings(configs, folders, dataset=DrawnToy(), **options)


def run(trainings, seconds=60.0):
    """The last progress of each."""
    found = []
    while trainings.status == "running":
        found = advance(trainings, seconds)
    trainings.close()
    return found


def assert_as_alone(folder, configs, *, iteration, tolerance):
    for k, config in enumerate(configs):
        alone = folder / "alone" / str(k)
        run(Training(replace(config, fused=False), LocalFolder(alone), dataset=DrawnToy()))
        one = milestone(folder / "fused" / str(k), iteration)
        other = milestone(alone, iteration)
        for name in ("mu_NL", "logvar_NL", "trajectory_ST"):
            found, wanted = getattr(one, name), getattr(other, name)
            assert np.allclose(found, wanted, rtol=tolerance, atol=tolerance), (k, name)


@pytest.mark.parametrize("model", [_case(model) for model in sorted(OBJECTIVES)])
def test_each_training_is_the_one_alone_up_to_rounding(tmp_path, model):
    """After few steps: a difference of rounding grows with every step."""
    configs = members(model=model, params={}, milestones=(5,))
    found = run(fused(tmp_path / "fused", configs))
    assert [(one.status, one.iteration) for one in found] == [("finished", 5)] * 4
    assert_as_alone(tmp_path, configs, iteration=5, tolerance=1e-4)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        _case(model, param.name)
        for model, spec in MODELS.items()
        for param in spec.params
        if param.kind == "float"
    ],
)
def test_a_number_of_the_model_may_differ(tmp_path, model, name):
    default = MODELS[model].defaults()[name]
    values = ALLOWED.get(name, (0.7 * default, 1.3 * default))
    configs = [
        toy_config(model=model, params={name: value}, milestones=(5,), fused=True)
        for value in values
    ]
    run(fused(tmp_path / "fused", configs))
    assert_as_alone(tmp_path, configs, iteration=5, tolerance=1e-4)


def test_killed_and_resumed_they_are_bitwise_the_same(tmp_path):
    configs = members()
    run(fused(tmp_path / "whole", configs))
    first = fused(tmp_path / "cut", configs, checkpoint_s=0)
    while first.iteration < 30:
        advance(first, 1e-9)
    del first
    second = fused(tmp_path / "cut", configs)
    assert 0 < second.iteration <= 30
    run(second)
    for k in range(len(configs)):
        for iteration in (20, 40):
            assert_equal_milestones(
                milestone(tmp_path / "whole" / str(k), iteration),
                milestone(tmp_path / "cut" / str(k), iteration),
            )


def test_after_one_was_saved_alone_all_continue_from_a_common_iteration(tmp_path):
    """As after a kill between the checkpoints of two members."""
    configs = members()
    first = fused(tmp_path / "cut", configs, checkpoint_s=1e9)
    while first.iteration < 10:
        advance(first, 1e-9)
    first.save()
    advance(first, 1e-9)
    first.trainings[0].save()
    first.close()
    second = fused(tmp_path / "cut", configs)
    assert [one.iteration for one in second.trainings] == [10] * 4
    run(second)
    run(fused(tmp_path / "whole", configs))
    for k in range(len(configs)):
        assert_equal_milestones(
            milestone(tmp_path / "whole" / str(k), 40), milestone(tmp_path / "cut" / str(k), 40)
        )


def test_one_that_diverges_leaves_the_others_as_they_are(tmp_path):
    configs = [
        toy_config(seed=1, learning_rate=rate, fused=True, milestones=(20, 40))
        for rate in (1e-3, 1e12)
    ]
    found = run(fused(tmp_path / "fused", configs))
    assert [one.status for one in found] == ["finished", "diverged"]
    assert "not finite" in found[1].reason
    assert_as_alone(tmp_path, configs[:1], iteration=40, tolerance=1e-3)


def test_those_that_have_ended_are_left_out(tmp_path):
    configs = members()
    folders = [LocalFolder(tmp_path / str(k)) for k in range(4)]
    run(open_trainings(configs[:1], folders[:1], dataset=DrawnToy()))
    before = find_records(folders[0]).milestones
    found = run(open_trainings(configs, folders, dataset=DrawnToy()))
    assert [one.status for one in found] == ["finished"] * 4
    assert find_records(folders[0]).milestones == before
    assert all(find_records(folder).milestones.keys() == {20, 40} for folder in folders)


def test_they_may_have_different_milestones(tmp_path):
    configs = [
        toy_config(seed=1, fused=True, milestones=(20,)),
        toy_config(seed=2, fused=True, milestones=(10, 30)),
    ]
    assert [one.iteration for one in run(fused(tmp_path, configs))] == [20, 30]
    for k, config in enumerate(configs):
        found = find_records(LocalFolder(tmp_path / str(k))).milestones
        assert tuple(sorted(found)) == config.milestones


@pytest.mark.parametrize(
    "changes", [{"batch_size": 8}, {"model": "vae", "params": {}}, {"latent_dim": 4}]
)
def test_what_one_program_cannot_vary_is_named(tmp_path, changes):
    name = next(iter(changes))
    configs = [toy_config(fused=True), toy_config(fused=True, **changes)]
    with pytest.raises(ConfigError, match=name):
        fused(tmp_path, configs)


def test_a_choice_of_the_model_cannot_vary(tmp_path):
    configs = [
        toy_config(fused=True, params={"parametrisation": choice})
        for choice in ("sigma", "log_variance")
    ]
    with pytest.raises(ConfigError, match="cannot be fused"):
        fused(tmp_path, configs)


def test_a_fused_training_is_not_trained_by_itself(tmp_path):
    with pytest.raises(ConfigError, match="open_trainings"):
        Training(toy_config(fused=True), LocalFolder(tmp_path), dataset=DrawnToy())


def test_fused_is_in_the_identity_only_where_it_is_true():
    assert toy_config(fused=True).identity() == toy_config().identity() | {"fused": True}
    assert "fused" not in toy_config().to_dict()


@pytest.mark.gpu
@pytest.mark.parametrize("model", ["l_vae", "factor_vae", "dynamic_vae"])
def test_on_a_gpu_the_captured_program_gives_each_training_its_own_result(tmp_path, model):
    configs = members(model=model, params={}, milestones=(8,))
    trainings = fused(tmp_path / "fused", configs, device="cuda")
    while trainings.status == "running":
        advance(trainings)
    assert trainings.is_captured
    trainings.close()
    assert_as_alone(tmp_path, configs, iteration=8, tolerance=1e-3)
