"""Plans: runs that share a training, what exists already, what is left."""

from sweeper.planning.plan import Plan, StoredProgress, make_plan
from tests.sweeper.support.small_grids import AXES, grid_of


def test_runs_that_differ_in_iterations_are_one_training() -> None:
    plan = make_plan(grid_of())
    assert (plan.runs, len(plan.trainings)) == (6, 2)
    assert (plan.steps_asked, plan.steps_to_run) == (2 * 600, 2 * 300)
    first = plan.trainings[0]
    assert first.config.milestones == (100, 200, 300)
    assert first.run_ids == tuple(cell.run_id for cell in plan.cells[:3])


def test_without_sharing_every_run_is_a_training_of_its_own() -> None:
    shared, alone = make_plan(grid_of()), make_plan(grid_of(sharing=False))
    assert alone.run_ids == shared.run_ids
    assert len(alone.trainings) == 6
    assert alone.steps_to_run == alone.steps_asked == shared.steps_asked
    ids = {training.training_id for plan in (shared, alone) for training in plan.trainings}
    assert len(ids) == 8
    assert [training.config.milestones for training in alone.trainings[:2]] == [(100,), (200,)]


def test_a_longer_list_of_iterations_is_the_same_training() -> None:
    before = make_plan(grid_of())
    after = make_plan(grid_of(axes=AXES | {"iterations": [100, 200, 300, 400]}))
    assert [t.training_id for t in after.trainings] == [t.training_id for t in before.trainings]
    assert set(before.run_ids) < set(after.run_ids)
    finished = dict.fromkeys(before.run_ids, "finished")
    store = {t.training_id: StoredProgress(checkpoints=frozenset({300})) for t in before.trainings}
    plan = after.with_progress(finished, store)
    assert (plan.reused, plan.steps_to_run) == (6, 2 * 100)
    assert [(t.resume_from, t.todo) for t in plan.trainings] == [(300, (400,))] * 2


def finished_until(plan: Plan, most: int) -> dict[str, str]:
    return {cell.run_id: "finished" for cell in plan.cells if cell.iterations <= most}


def test_finished_runs_are_not_trained_again() -> None:
    plan = make_plan(grid_of())
    done = plan.with_progress(finished_until(plan, 300), {})
    assert (done.reused, done.steps_to_run, done.steps_asked) == (6, 0, 1200)
    assert all(training.todo == () for training in done.trainings)


def test_later_progress_replaces_earlier_progress() -> None:
    plan = make_plan(grid_of())
    done = plan.with_progress(finished_until(plan, 300), {})
    assert done.with_progress({}, {}) == plan
    assert done.with_progress(finished_until(plan, 100), {}).reused == 2


def test_a_training_continues_from_its_newest_checkpoint() -> None:
    plan = make_plan(grid_of())
    first = plan.trainings[0].training_id
    store = {first: StoredProgress(frozenset({100, 150, 200}), frozenset({100, 200}))}
    going = plan.with_progress(finished_until(plan, 100), store).trainings
    assert (going[0].todo, going[0].resume_from, going[0].to_publish) == ((300,), 200, (200,))
    assert (going[1].todo, going[1].resume_from) == ((200, 300), 0)
    assert [training.steps_to_run for training in going] == [100, 300]


def test_a_checkpoint_beyond_a_missing_milestone_is_not_used() -> None:
    plan = make_plan(grid_of(axes={"iterations": [100, 150, 200]}))
    done = {cell.run_id: "finished" for cell in plan.cells if cell.iterations != 150}
    store = {plan.trainings[0].training_id: StoredProgress(frozenset({200}))}
    [training] = plan.with_progress(done, store).trainings
    assert (training.todo, training.resume_from, training.steps_to_run) == ((150,), 0, 150)


def test_diverged_runs_are_settled_and_failed_ones_are_tried_again() -> None:
    plan = make_plan(grid_of())
    first = [cell.run_id for cell in plan.cells[:3]]
    statuses = dict(zip(first, ["finished", "diverged", "failed"], strict=True))
    again = plan.with_progress(statuses, {})
    assert (again.reused, again.diverged) == (1, 1)
    assert again.trainings[0].todo == (300,)


def test_a_plan_as_json_has_its_numbers_and_cells() -> None:
    plan = make_plan(grid_of(["vae", {"beta_vae": {"beta": 1}}], axes={"iterations": 10}))
    plain = plan.to_json()
    assert plain | {"cells": None, "grid_id": None} == {
        "grid": "grid",
        "grid_id": None,
        "runs": 1,
        "trainings": 1,
        "steps_asked": 10,
        "steps_to_run": 10,
        "reused": 0,
        "diverged": 0,
        "waiting": 0,
        "warnings": [],
        "cells": None,
    }
    assert [cell["label"] for cell in plain["cells"]] == ["vae", "beta_vae"]
    assert plain["cells"][0] == {
        "run_id": plan.run_ids[0],
        "training_id": plan.trainings[0].training_id,
        "label": "vae",
        "dataset": "dsprites",
        "source": "rendered",
        "model": "vae",
        "params": {},
        "network": "mlp",
        "latent_dim": 5,
        "batch_size": 64,
        "learning_rate": 1e-4,
        "seed": 0,
        "reconstruction": "mse",
        "precision": "fp32",
        "evaluation": {
            "protocol": "thesis",
            "num_points": 10000,
            "alpha": 0.5,
            "split_seed": 0,
            "validation_fraction": 0.1,
            "test_fraction": 0.0,
        },
        "iterations": 10,
        "waiting": [],
    }
