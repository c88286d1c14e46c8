"""Why a training is to be run: what differs from the nearest stored one."""

from dataclasses import replace

import pytest

from sweeper.grid import Grid
from sweeper.planning.plan import make_plan
from sweeper.planning.why import reason_lines, reasons
from sweeper.publishing.runs import run_params
from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.config import sorted_json
from trainers.specs import models


def plan_of(**changes):
    grid = {
        "datasets": "dsprites",
        "models": ["l_vae"],
        "axes": {"iterations": [100, 200]},
        "evaluation": {"measures": ["cbd"]},
    }
    return make_plan(Grid(**grid | changes))


def stored_runs(plan, *, tagged=True, status=layout.FINISHED):
    """What MLflow holds once a plan has been run."""
    found = {}
    for training in plan.trainings:
        for iterations, run_id in zip(training.config.milestones, training.run_ids, strict=True):
            tags = {
                layout.RUN_ID: run_id,
                layout.TRAINING_ID: training.training_id,
                layout.STATUS: status,
            }
            if tagged:
                tags[layout.IDENTITY] = sorted_json(training.config.identity())
            params = run_params(training.config, iterations)
            found[run_id] = StoredRun(run_id, "1", "FINISHED", 0, 1, "", params, tags)
    return found


def with_statuses(plan, stored):
    done = {run: one.tags[layout.STATUS] for run, one in stored.items()}
    return plan.with_progress(done, {})


def the_reason(plan, stored):
    (reason,) = set(reasons(with_statuses(plan, stored), stored).values())
    return reason


def test_a_finished_training_has_no_reason():
    plan = plan_of()
    stored = stored_runs(plan)
    assert reasons(with_statuses(plan, stored), stored) == {}


def test_an_empty_store_says_that_nothing_of_the_kind_is_stored():
    assert the_reason(plan_of(), {}) == "no training of l_vae on dsprites is stored"


@pytest.mark.parametrize("tagged", [True, False])
def test_the_nearest_stored_training_is_the_one_with_fewest_differences(tagged):
    stored = stored_runs(
        plan_of(axes={"iterations": 100, "batch_size": [64, 256], "learning_rate": 1e-3}),
        tagged=tagged,
    )
    plan = plan_of(axes={"iterations": 100, "batch_size": 256})
    nearest = "learning_rate: 0.0001, the nearest stored training has 0.001"
    assert the_reason(plan, stored) == nearest


def test_a_new_revision_is_named_with_its_part(monkeypatch):
    stored = stored_runs(plan_of(), tagged=False)
    monkeypatch.setitem(models.MODELS, "l_vae", replace(models.MODELS["l_vae"], revision=1))
    assert the_reason(plan_of(), stored) == "l_vae: revision 1, stored runs have 0"


def test_a_parameter_is_named_with_its_model():
    changed = plan_of(models=[{"l_vae": {"parametrisation": "log_variance"}}])
    assert the_reason(changed, stored_runs(plan_of())) == (
        "l_vae.parametrisation: log_variance, the nearest stored training has sigma"
    )


def test_a_setting_that_parameters_do_not_hold_needs_the_tag():
    changed = plan_of(evaluation={"measures": ["cbd"], "alpha": 0.25})
    found = the_reason(changed, stored_runs(plan_of()))
    assert found == "evaluation.alpha: 0.25, the nearest stored training has 0.5"
    assert "do not record" in the_reason(changed, stored_runs(plan_of(), tagged=False))


def test_a_longer_list_of_iterations_is_named():
    longer = plan_of(axes={"iterations": [100, 200, 1000]})
    found = the_reason(longer, stored_runs(plan_of()))
    assert found == "iterations 1,000: not stored; 100, 200: stored"


def test_failed_runs_are_named():
    plan = plan_of()
    assert (
        the_reason(plan, stored_runs(plan, status=layout.FAILED)) == "its stored runs have failed"
    )


def test_equal_reasons_are_counted():
    plan = plan_of(models=["vae", "l_vae"], seeds=[0, 1])
    assert reason_lines(reasons(plan, {})) == [
        "  2 trainings: no training of vae on dsprites is stored",
        "  2 trainings: no training of l_vae on dsprites is stored",
    ]
