"""Learned values and aliases: known once every run they could come from is settled."""

import pytest

from sweeper.errors import UsageError
from sweeper.grid import Grid, load_grid
from sweeper.planning.learned_values import LearnedValues
from sweeper.planning.plan import make_plan
from sweeper.tracking.reading.stored_run import StoredRun

SOURCE = """
datasets: dsprites
models: [l_vae]
axes: {batch_size: [64, 128], learning_rate: 1e-4, iterations: 10}
"""
ASKS = """
datasets: dsprites
models:
  - beta_vae: {beta: {learned: beta, from: source.yaml, model: l_vae, digits: 2}}
axes: {batch_size: 64, learning_rate: 1e-4, iterations: 10}
"""


def stored(run_id, status="finished", cbd=0.5, state="FINISHED", **metrics):
    return StoredRun(
        mlflow_run_id=run_id,
        experiment_id="1",
        state=state,
        start_ms=0,
        end_ms=1,
        artifact_uri="",
        params={"iterations": "10", "seed": "0", "batch_size": str(int(run_id, 16))},
        tags={"sweeper.run_id": run_id, "sweeper.status": status},
        metrics={"measure/cbd": cbd, **metrics},
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "source.yaml").write_text(SOURCE)
    (tmp_path / "asks.yaml").write_text(ASKS)
    return tmp_path


def reading(runs):
    """Gives those of these stored runs that are asked for."""
    return lambda wanted: {run.mlflow_run_id: run for run in runs if run.mlflow_run_id in wanted}


def plan_with(folder, runs):
    grid = load_grid(folder / "asks.yaml")
    learned = LearnedValues(reading(runs), grid)
    return make_plan(grid, resolve=learned.resolve, needs_second_model=learned.needs_second_model)


def source_runs(folder):
    return make_plan(load_grid(folder / "source.yaml")).run_ids


def test_the_value_is_that_of_the_best_run(folder):
    worse, better = source_runs(folder)
    plan = plan_with(folder, [stored(worse, cbd=0.4, beta=3.0), stored(better, beta=0.8912)])
    assert plan.unresolved == 0
    assert plan.trainings[0].config.params["beta"] == 0.89


def test_the_value_is_unknown_until_every_run_has_ended(folder):
    first, second = source_runs(folder)
    assert plan_with(folder, [stored(first, beta=0.9)]).unresolved == 1
    running = stored(second, state="RUNNING", beta=0.9)
    assert plan_with(folder, [stored(first, beta=0.9), running]).unresolved == 1


def test_a_diverged_run_counts_as_settled_and_is_never_the_source(folder):
    first, second = source_runs(folder)
    runs = [stored(first, beta=0.9), stored(second, "diverged", cbd=0.99, beta=7.0)]
    assert plan_with(folder, runs).trainings[0].config.params["beta"] == 0.9


def test_an_alias_is_decided_per_dataset_by_the_winner_of_its_first_model():
    """Thesis, section 7.2: the strong model's selected run decides for all of them."""
    grid = Grid(
        datasets="dsprites",
        models=["mdl_vae_auto"],
        axes={"batch_size": [64, 128], "learning_rate": 1e-4, "iterations": 10},
    )
    winner, loser = make_plan(grid).run_ids

    def models(*runs):
        learned = LearnedValues(reading(runs), grid)
        plan = make_plan(grid, needs_second_model=learned.needs_second_model)
        return {cell.config.model for cell in plan.cells}

    small = {"sigma/z0": 0.4, "sigma/z1": 0.1}
    large = {"sigma/z0": 0.6, "sigma/z1": 0.1}
    assert models() == models(stored(winner, **small)) == {"mdl_vae_strong"}  # not settled
    assert models(stored(winner, cbd=0.9, **small), stored(loser, **large)) == {"mdl_vae_weak"}
    assert models(stored(winner, cbd=0.9, **large), stored(loser, **small)) == {"mdl_vae_strong"}


def test_the_learned_value_is_that_of_the_run_the_other_grid_selects(folder):
    """Its guard and its tie-break count too: equal scores go to the lower reconstruction."""
    first, second = source_runs(folder)
    runs = [
        stored(first, beta=3.0, **{"valid/recon": 20.0}),
        stored(second, beta=0.7, **{"valid/recon": 10.0}),
    ]
    assert plan_with(folder, runs).trainings[0].config.params["beta"] == 0.7
    collapsed = stored(second, cbd=0.9, beta=0.7, **{"latent/active": 0.0})
    assert plan_with(folder, [runs[0], collapsed]).trainings[0].config.params["beta"] == 3.0


def factors_in_source(folder, factors):
    (folder / "source.yaml").write_text(f"{SOURCE}factors: {factors}\n")
    return make_plan(load_grid(folder / "source.yaml"))


def test_runs_on_all_images_come_before_those_on_a_distribution_of_factors(folder):
    plan = factors_in_source(folder, "[all, {correlate: [[posX, posY, 0.2]]}]")
    on_all = [r for t in plan.trainings if not t.config.factors for r in t.run_ids]
    found = plan_with(folder, [stored(run, cbd=0.4, beta=0.75) for run in on_all])
    assert found.trainings[0].config.params["beta"] == 0.75


def test_several_distributions_without_all_are_an_error_that_names_the_grid(folder):
    pairs = "[{correlate: [[posX, posY, 0.2]]}, {correlate: [[posX, posY, 0.4]]}]"
    factors_in_source(folder, pairs)
    with pytest.raises(UsageError, match="source.yaml: l_vae on dsprites .* Add `all`"):
        plan_with(folder, [])
    plan = factors_in_source(folder, "[{correlate: [[posX, posY, 0.2]]}]")
    found = plan_with(folder, [stored(run, beta=0.5) for run in plan.run_ids])
    assert found.trainings[0].config.params["beta"] == 0.5
