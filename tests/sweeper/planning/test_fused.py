"""Which trainings of a plan run as one program, and what `fused` changes of a plan."""

from dataclasses import replace
from pathlib import Path

import pytest

from sweeper.cost.estimate import SESSION_S, estimate
from sweeper.cost.machine import Machine, slots_for
from sweeper.cost.speeds import Speed, Speeds
from sweeper.errors import GridError
from sweeper.grid import Grid, load_grid
from sweeper.launching.jobs import jobs_of
from sweeper.planning.fused import fused_groups
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings


def grid_of(fused=8, **changes) -> Grid:
    content = dict(
        datasets="dsprites",
        models=["vae", {"beta_vae": {"beta": [2, 4, 8]}}, "l_vae"],
        axes={"iterations": [100, 200], "learning_rate": [1e-3, 1e-4], "batch_size": [64, 128]},
        seeds=2,
        **({} if fused is None else {"fused": fused}),
    )
    return Grid(**(content | changes))


def described(group):
    """What a group has in common, and its size."""
    one = group[0].config
    assert len({(t.config.model, t.config.batch_size, t.todo) for t in group}) == 1
    return one.model, one.batch_size, len(group)


def test_a_group_differs_in_seed_learning_rate_and_numbers_of_the_model():
    groups = fused_groups(make_plan(grid_of()).trainings, 16)
    assert sorted(map(described, groups)) == [
        ("beta_vae", 64, 12),
        ("beta_vae", 128, 12),
        ("l_vae", 64, 4),
        ("l_vae", 128, 4),
        ("vae", 64, 4),
        ("vae", 128, 4),
    ]


def test_groups_are_as_equal_as_possible_and_hold_every_training_once():
    plan = make_plan(grid_of())
    groups = fused_groups(plan.trainings, 8)
    assert [size for *_, size in map(described, groups)].count(6) == 4  # 12 in two
    ids = [training.training_id for group in groups for training in group]
    assert sorted(ids) == sorted(training.training_id for training in plan.trainings)


def test_without_the_key_each_training_is_a_job_of_its_own():
    plan = make_plan(grid_of(fused=None))
    assert [len(group) for group in fused_groups(plan.trainings, 8)] == [1] * len(plan.trainings)


def test_a_choice_of_the_model_is_not_varied_in_a_group():
    models = [{"l_vae": {"parametrisation": ["sigma", "log_variance"]}}]
    plan = make_plan(grid_of(models=models, axes={"iterations": 100}, seeds=2))
    assert [len(group) for group in fused_groups(plan.trainings, 8)] == [2, 2]


@pytest.mark.parametrize(
    ("checkpoints", "sizes"),
    [
        ([(), (), (), ()], [4]),
        ([(50,), (), (), ()], [1, 3]),
        ([(40, 50), (30, 40), (40, 50), (40, 50)], [4]),  # killed between two checkpoints
        ([(40, 50), (40, 50), (10, 20), (10, 20)], [2, 2]),
    ],
)
def test_a_group_continues_from_a_common_checkpoint(checkpoints, sizes):
    plan = make_plan(grid_of(models="vae", seeds=4, axes={"iterations": 100}))
    trainings = [
        replace(training, checkpoints=frozenset(found))
        for training, found in zip(plan.trainings, checkpoints, strict=True)
    ]
    assert [len(group) for group in fused_groups(trainings, 8)] == sizes


def test_fused_runs_are_other_runs_and_the_width_changes_none():
    plain, eight, four = (make_plan(grid_of(fused)) for fused in (None, 8, 4))
    assert set(eight.run_ids).isdisjoint(plain.run_ids)
    assert eight.run_ids == four.run_ids


def test_a_job_names_every_training_of_its_group(tmp_path: Path):
    grid = grid_of()
    plan = make_plan(grid)
    jobs = jobs_of(grid, plan.trainings, default_settings(tmp_path), 1)
    ids = [name for job in jobs for name in job.training_ids]
    assert sorted(ids) == sorted(training.training_id for training in plan.trainings)
    assert all(config.fused for job in jobs for _, config in job.fused_with)
    assert jobs[0].to_dict()["fused_with"][0][1]["milestones"] == [100, 200]


def test_an_estimate_counts_a_group_as_one_job_of_all_its_time():
    """Four trainings of 100 s, two at a time as one program: 400 s, whatever the GPU holds."""
    grid = grid_of(4, models="vae", seeds=4, axes={"iterations": 100}, resources={"gpu": 0.5})
    plan, speeds = make_plan(grid), Speeds()
    speeds.add(plan.trainings[0].config, Speed(1.0))
    slots = slots_for(grid, Machine("a GPU", cpus=8, gpus=1), len(plan.trainings))
    assert (slots.workers, slots.fused) == (1, 4)
    cost = estimate(plan, grid, speeds, slots=slots)
    assert cost.wall_hours == pytest.approx((400 + SESSION_S) / 3600)


def test_speeds_of_fused_trainings_are_kept_apart():
    machine = Machine("a GPU", cpus=8, gpus=1)
    keys = {slots_for(grid_of(fused), machine, 32).key_without_workers for fused in (None, 4, 8)}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fused: 1\n", "2"),
        ("fused: many\n", "not a number"),
        ("fused: 8\nsearch: {trainings: 4}\n", "one by one"),
    ],
)
def test_mistakes_are_named(text, what, tmp_path):
    path = tmp_path / "g.yaml"
    path.write_text(f"datasets: dsprites\nmodels: vae\naxes: {{iterations: 100}}\n{text}")
    with pytest.raises(GridError) as caught:
        load_grid(path)
    [problem] = [one for one in caught.value.problems if one.path == "fused"]
    assert what in problem.what
