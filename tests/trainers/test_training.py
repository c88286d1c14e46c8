"""A training: bitwise the same results if it is sliced, killed, resumed or shared."""

import numpy as np
import pytest
import torch

from tests.trainers.toy import TinyNetwork, Toy, toy_config
from trainers.config import Evaluation, KeepRule
from trainers.networks import NETWORKS
from trainers.saving.folders import LocalFolder, files_by_number
from trainers.saving.records import find_records, read_divergence, read_milestone
from trainers.saving.weights import kept_weights, read_weights
from trainers.training import Training


@pytest.fixture(scope="module", autouse=True)
def tiny_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "mlp", TinyNetwork)
        yield


def open_training(folder, config=None, **options):
    return Training(config or toy_config(), LocalFolder(folder), dataset=Toy(), **options)


def finish(training, seconds=60.0):
    while training.status == "running":
        progress = training.advance(seconds)
    training.close()
    return progress


def milestone(folder, iteration):
    folder = LocalFolder(folder)
    return read_milestone(folder, find_records(folder).milestones[iteration])


def assert_equal_milestones(one, other):
    assert dict(one.metrics) == dict(other.metrics)
    for name in ("mu_NL", "logvar_NL", "factors_NK", "indices_N", "trajectory_ST"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.fixture(scope="module")
def uninterrupted(tiny_network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    progress = finish(open_training(folder))
    assert (progress.status, progress.iteration) == ("finished", 40)
    return folder


def test_losses_fall_and_scores_are_there(uninterrupted):
    record = milestone(uninterrupted, 40)
    recon = dict(zip(record.trajectory_names, record.trajectory_ST.T[1:], strict=True))[
        "loss/recon"
    ]
    assert recon[-1] < recon[0]
    assert set(record.metrics) == {
        "valid/recon",
        "valid/kl",
        "latent/active",
        "measure/cbd",
        "measure/cbd_compactness",
        "measure/cbd_modularity",
    }
    assert record.trajectory_ST[:, 0].tolist() == [1, 10, 20, 30, 40]
    assert record.mu_NL.shape == (30, 3)
    assert record.failed == ""


def test_the_length_of_slices_changes_no_result(uninterrupted, tmp_path):
    finish(open_training(tmp_path), seconds=1e-9)
    for iteration in (20, 40):
        assert_equal_milestones(milestone(uninterrupted, iteration), milestone(tmp_path, iteration))


def test_a_killed_and_resumed_training_is_bitwise_the_same(uninterrupted, tmp_path):
    first = open_training(tmp_path, checkpoint_s=0)
    while first.iteration < 30:
        first.advance(1e-9)
    first.close()
    del first
    second = open_training(tmp_path)
    assert 0 < second.iteration <= 30  # a checkpoint that was still being written is ignored
    finish(second)
    for iteration in (20, 40):
        assert_equal_milestones(milestone(uninterrupted, iteration), milestone(tmp_path, iteration))


def test_resuming_needs_only_the_first_checkpoint(uninterrupted, tmp_path):
    first = open_training(tmp_path, checkpoint_s=0)
    first.advance(1e-9)
    first.close()
    for name in find_records(LocalFolder(tmp_path)).milestones.values():
        LocalFolder(tmp_path).delete(name)
    finish(open_training(tmp_path))
    assert_equal_milestones(milestone(uninterrupted, 40), milestone(tmp_path, 40))


def test_a_milestone_of_a_shared_training_equals_a_training_of_its_own(uninterrupted, tmp_path):
    finish(open_training(tmp_path, toy_config(milestones=(20,))))
    assert_equal_milestones(milestone(uninterrupted, 20), milestone(tmp_path, 20))


def test_a_longer_list_of_iterations_continues_from_the_last_checkpoint(uninterrupted, tmp_path):
    finish(open_training(tmp_path, toy_config(milestones=(20,))))
    longer = open_training(tmp_path)
    assert longer.iteration == 20
    finish(longer)
    assert_equal_milestones(milestone(uninterrupted, 40), milestone(tmp_path, 40))


def test_an_earlier_iteration_added_later_is_scored_and_the_last_checkpoint_kept(
    uninterrupted, tmp_path
):
    finish(open_training(tmp_path, toy_config(milestones=(40,))))
    finish(open_training(tmp_path, toy_config(milestones=(20, 40))))
    assert_equal_milestones(milestone(uninterrupted, 20), milestone(tmp_path, 20))
    assert list(files_by_number(LocalFolder(tmp_path), "checkpoint"))[-1] == 40


def test_a_finished_training_takes_no_step(uninterrupted):
    training = open_training(uninterrupted)
    assert training.status == "finished"
    assert training.advance().iteration == 0
    training.close()


def test_a_lost_milestone_is_scored_again_from_a_checkpoint_of_its_iteration(
    uninterrupted, tmp_path
):
    finish(open_training(tmp_path))
    LocalFolder(tmp_path).delete(find_records(LocalFolder(tmp_path)).milestones[40])
    training = open_training(tmp_path)
    assert training.iteration == 40
    assert finish(training).status == "finished"
    assert_equal_milestones(milestone(uninterrupted, 40), milestone(tmp_path, 40))


def test_save_writes_a_checkpoint_of_the_current_iteration(tmp_path):
    training = open_training(tmp_path)
    training.advance(1e-9)
    training.save()
    training.close()
    assert open_training(tmp_path).iteration == training.iteration == 10


def test_a_loss_that_is_not_finite_ends_the_training_with_step_and_term(tmp_path, monkeypatch):
    training = open_training(tmp_path)
    training.advance(1e-9)
    with torch.no_grad():
        next(training.parts.stepper.network.parameters()).fill_(float("nan"))
    progress = finish(training)
    assert progress.status == "diverged"
    assert progress.reason == "loss/recon was not finite at step 11"
    folder = LocalFolder(tmp_path)
    ((step, name),) = find_records(folder).diverged.items()
    assert read_divergence(folder, name) == (11, "loss/recon") == (step, "loss/recon")
    again = open_training(tmp_path)
    assert (again.status, again.reason) == ("diverged", progress.reason)


def test_latents_that_cannot_be_scored_are_recorded_with_the_reason(tmp_path, monkeypatch):
    from trainers.errors import MeasureError
    from trainers.scoring import latents

    def refuse(*arguments, **options):
        raise MeasureError("latents hold inf")

    monkeypatch.setattr(latents, "score", refuse)
    finish(open_training(tmp_path))
    record = milestone(tmp_path, 20)
    assert record.failed == "latents hold inf"
    assert set(record.metrics) == {"valid/recon", "valid/kl", "latent/active"}


def test_a_test_split_is_scored_too(tmp_path):
    evaluation = Evaluation(num_points=30, test_fraction=0.2)
    finish(open_training(tmp_path, toy_config(evaluation=evaluation, milestones=(20,))))
    assert {"test/recon", "test/kl", "test/measure/cbd"} <= set(milestone(tmp_path, 20).metrics)


def test_weights_of_the_best_milestone_are_kept(tmp_path):
    training = open_training(
        tmp_path, toy_config(milestones=(10, 20, 30)), keep_weights=KeepRule("measure/cbd")
    )
    finish(training)
    scores = {t: milestone(tmp_path, t).metrics["measure/cbd"] for t in (10, 20, 30)}
    iteration, name = kept_weights(LocalFolder(tmp_path))
    assert iteration == max(scores, key=scores.get)
    kept = read_weights(LocalFolder(tmp_path), name)
    assert kept["iteration"] == iteration
    assert kept["network"].keys() == training.parts.stepper.network.state_dict().keys()


@pytest.mark.parametrize("model", ["factor_vae", "control_vae", "dynamic_vae"])
def test_the_objectives_state_is_restored_after_a_kill(tmp_path, model):
    config = toy_config(model=model, params={}, milestones=(20,))
    finish(open_training(tmp_path / "whole", config))
    first = open_training(tmp_path / "cut", config, checkpoint_s=0)
    first.advance(1e-9)
    first.close()
    finish(open_training(tmp_path / "cut", config))
    assert_equal_milestones(milestone(tmp_path / "whole", 20), milestone(tmp_path / "cut", 20))


def test_no_checkpoint_is_written_after_an_exception_inside_a_block(tmp_path):
    training = open_training(tmp_path)
    training.advance(1e-9)

    def interrupted(first, last):
        raise KeyboardInterrupt

    training._runner.run = interrupted
    with pytest.raises(KeyboardInterrupt):
        training.advance()
    training.save()
    training.close()
    assert open_training(tmp_path).iteration == 0
