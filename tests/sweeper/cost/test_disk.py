"""What a plan writes: compared with what small trainings write, and what is kept of them."""

from dataclasses import replace

import numpy as np
import pytest

from sweeper.cost.disk import disk_need, format_bytes, kept_checkpoints, parameters
from sweeper.grid import Grid, load_grid
from sweeper.launching.launch import launch
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from trainers.specs.networks import NETWORKS


def grid_of(**changes):
    values = {
        "datasets": "dsprites",
        "models": ["vae", "l_vae"],
        "axes": {"network": "cnn", "batch_size": 4, "iterations": [4, 8], "learning_rate": 1e-3},
        "evaluation": {"num_points": 500, "measures": ["cbd"]},
        "select": {"min_active": 0},  # so few steps leave no latent active
    }
    return Grid(**(values | changes))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("dataset", ["dsprites", "isaac3d"])
def test_the_estimate_of_a_networks_weights_is_within_a_fifth(network, dataset):
    from trainers.networks import build_network
    from trainers.specs.datasets import DATASETS

    axes = {"network": network, "iterations": 20}
    (training,) = make_plan(grid_of(datasets=dataset, models="vae", axes=axes)).trainings
    shape = DATASETS[dataset].image_CHW
    built = build_network(network, shape, training.config.latent_dim, seed=0)
    true = sum(weights.numel() for weights in built.parameters())
    assert parameters(training.config, shape) == pytest.approx(true, rel=0.2)


def test_a_users_own_file_counts_with_its_own_shape_and_number_of_images(tmp_path):
    images = np.zeros((90, 32, 32), np.uint8)
    factors = np.stack([np.arange(90) % 3, np.arange(90) // 3], axis=1)
    np.savez(tmp_path / "own.npz", images=images, factors=factors)
    (tmp_path / "g.yaml").write_text(
        "datasets: {name: own, path: own.npz}\nmodels: vae\n"
        "axes: {iterations: 100, network: mlp, latent_dim: 2}\n"
    )
    grid = load_grid(tmp_path / "g.yaml")
    need = disk_need(make_plan(grid), grid)
    weights = 2 * (1200 * 32 * 32 + 1200 * 1200) + 3600 * 2
    # last checkpoint, one file of weights, and latents of 9 images
    assert need.final == pytest.approx((12 + 4) * weights, rel=0.01)


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "policy", ["none", pytest.param("last", marks=SLOW), pytest.param("all", marks=SLOW)]
)
def test_a_launch_keeps_what_its_plan_said_within_a_fifth(policy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = grid_of(resources={"keep_checkpoints": policy, "checkpoint_every_s": 0.01})
    need = disk_need(make_plan(grid), grid, at_once=1)
    outcome = launch(grid, replace(default_settings(), engine="local"))
    assert outcome.exit_code == 0
    assert need.final == pytest.approx(size(tmp_path / "sweep_store"), rel=0.2)
    published = size(tmp_path / "mlartifacts") + (tmp_path / "mlflow.db").stat().st_size
    assert need.artifacts == pytest.approx(published, rel=0.2)
    left = len(list(tmp_path.glob("sweep_store/trainings/*/checkpoint-*")))
    assert left == {"none": 0, "last": 2, "all": 4}[policy]
    assert len(list(tmp_path.glob("sweep_store/trainings/*/milestone-*"))) == 4
    again = launch(grid, replace(default_settings(), engine="local"))
    assert again.exit_code == 0 and again.num_done == 4


def test_a_launch_that_keeps_winners_takes_what_its_plan_said_within_a_fifth(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = grid_of(
        models="vae",
        axes={
            "network": "cnn",
            "batch_size": 4,
            "iterations": [4, 8],
            "learning_rate": [1e-3, 1e-4],
        },
        keep_weights="winners",
        resources={"keep_checkpoints": "none"},
    )
    need = disk_need(make_plan(grid), grid, at_once=1)
    files = 4 * parameters(make_plan(grid).trainings[0].config, (1, 64, 64))
    # three of four files of weights go at the end; then three checkpoints are no more
    assert need.peak - need.final == pytest.approx(3 * files + 9 * files, rel=0.01)
    (line, _) = need.lines()
    assert "(keep_checkpoints: none, keep_weights: winners)" in line
    outcome = launch(grid, replace(default_settings(), engine="local"))
    assert outcome.exit_code == 0
    assert any("not selected: 3 files removed" in note for note in outcome.notes)
    assert need.final == pytest.approx(size(tmp_path / "sweep_store"), rel=0.2)
    (weights,) = tmp_path.glob("sweep_store/trainings/*/weights-*")
    again = launch(grid, replace(default_settings(), engine="local"))
    assert again.exit_code == 0 and again.notes == () and weights.exists()


def test_the_winner_of_each_model_has_a_file_for_each_seed():
    axes = {"network": "cnn", "iterations": [4, 8], "learning_rate": [1e-3, 1e-4]}
    changes = {"axes": axes, "seeds": 3, "resources": {"keep_checkpoints": "none"}}
    grids = {keep: grid_of(**changes, keep_weights=keep) for keep in ("winners", "none", "all")}
    needs = {keep: disk_need(make_plan(grid), grid) for keep, grid in grids.items()}
    file = 4 * parameters(make_plan(grids["all"]).trainings[0].config, (1, 64, 64))
    assert needs["winners"].final - needs["none"].final == 2 * 3 * file
    assert needs["all"].final - needs["none"].final == 2 * 2 * 2 * 3 * file
    assert needs["winners"].peak == needs["all"].peak
    last = grid_of(**changes, keep_weights="winners", select={"milestone": "last"})
    need = disk_need(make_plan(last), last)
    assert need.final == needs["winners"].final
    assert needs["winners"].peak - need.peak == 2 * 2 * 3 * file
    plan = make_plan(grids["winners"])
    (first, *_) = plan.trainings
    done = plan.with_progress(
        dict.fromkeys([r for t in plan.trainings[1:] for r in t.run_ids], "finished"), {}
    )
    left = disk_need(done, grids["winners"])
    assert left.final - disk_need(done, grids["none"]).final == 2 * file  # of its two milestones


def test_auto_keeps_the_last_checkpoints_up_to_10_gb():
    few = make_plan(grid_of())
    assert kept_checkpoints(grid_of(), few.trainings) == "last"
    many = grid_of(axes={"network": "mlp", "iterations": 20}, seeds=40)
    assert kept_checkpoints(many, make_plan(many).trainings) == "none"
    kept = many.model_copy(update={"resources": many.resources.model_copy(
        update={"keep_checkpoints": "last"})})  # fmt: skip
    assert kept_checkpoints(kept, make_plan(kept).trainings) == "last"


def test_the_peak_counts_the_checkpoints_of_trainings_at_the_same_time():
    grid = grid_of(resources={"keep_checkpoints": "none"}, seeds=4)
    one, all_ = (disk_need(make_plan(grid), grid, at_once) for at_once in (1, None))
    assert all_.peak - all_.final == pytest.approx(8 * (one.peak - one.final), rel=0.01)
    assert one.final == all_.final


def test_the_second_network_of_factor_vae_is_in_its_checkpoints():
    grids = [grid_of(models="vae"), grid_of(models="factor_vae")]
    sizes = [disk_need(make_plan(grid), grid).final for grid in grids]
    assert sizes[1] - sizes[0] == pytest.approx(12 * 5.01e6, rel=0.05)


def test_no_checkpoints_means_that_more_iterations_start_again():
    grid = grid_of(resources={"keep_checkpoints": "none"})
    lines = disk_need(make_plan(grid), grid, 2).lines()
    assert "keep_checkpoints: none" in lines[0] and "start at step 0" in lines[1]
    assert len(disk_need(make_plan(grid_of()), grid_of(), 2).lines()) == 1


def test_what_is_done_needs_no_space():
    plan = make_plan(grid_of())
    done = plan.with_progress(dict.fromkeys(plan.run_ids, "finished"), {})
    need = disk_need(done, grid_of())
    assert (need.peak, need.final, need.artifacts) == (0, 0, 0)


def test_sizes_are_printed_in_powers_of_1000():
    assert format_bytes(1500) == "1.5 kB" and format_bytes(2.5e15) == "2,500.0 TB"
