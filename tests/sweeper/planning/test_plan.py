"""Plans: what is asked, what exists, what is left."""

from pathlib import Path

import numpy as np
import pytest

from sweeper.errors import GridError, UsageError
from sweeper.grid import Grid, load_grid
from sweeper.planning.cells import MAX_RUNS
from sweeper.planning.plan import Plan, StoredProgress, make_plan
from trainers.specs.datasets import DATASETS

AXES = {"batch_size": [64, 128], "iterations": [100, 200, 300]}


def grid_of(models: object = "vae", axes: object = None, **given: object) -> Grid:
    given = {"datasets": "dsprites", **given}
    return Grid(models=models, axes=AXES if axes is None else axes, **given)


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


def test_beta_vae_with_beta_1_is_the_run_of_vae() -> None:
    plan = make_plan(grid_of(["vae", {"beta_vae": {"beta": [1, 4]}}]))
    assert (plan.runs, len(plan.trainings), len(plan.cells)) == (12, 4, 18)
    labels = {(cell.label, cell.config.model) for cell in plan.cells}
    assert labels == {("vae", "vae"), ("beta_vae", "vae"), ("beta_vae", "beta_vae")}
    assert plan.warnings == ()


def test_a_run_requested_twice_is_trained_once_with_a_warning() -> None:
    plan = make_plan(grid_of(["vae", "vae"]))
    assert (plan.runs, len(plan.cells)) == (6, 6)
    assert plan.warnings == ("6 runs asked for twice under one name; run once.",)


def test_an_entry_has_its_own_datasets_and_axes() -> None:
    models = ["vae", {"beta_vae": {"datasets": "mpi3d", "axes": {"iterations": [50, 100]}}}]
    plan = make_plan(grid_of(models, datasets=["dsprites", "mpi3d"]))
    assert plan.runs == 2 * 6 + 2 * 2
    beta = [cell for cell in plan.cells if cell.label == "beta_vae"]
    assert {cell.config.dataset for cell in beta} == {"mpi3d"}
    assert {cell.iterations for cell in beta} == {50, 100}


@pytest.mark.parametrize(
    ("scale", "milestones"),
    [
        (1 / 500, (1, 1, 1)),
        (0.002, (1, 1, 1)),
        (0.5, (50, 100, 150)),
        (0.01, (1, 2, 3)),
        (0.011, (2, 3, 4)),
        (2, (200, 400, 600)),
        (1e-9, (1, 1, 1)),
    ],
)
def test_scaling_rounds_up_and_merges(scale: float, milestones: tuple[int, ...]) -> None:
    plan = make_plan(grid_of(), scale=scale)
    assert plan.trainings[0].config.milestones == tuple(sorted(set(milestones)))
    merged = [warning for warning in plan.warnings if "both become" in warning]
    assert len(merged) == len(milestones) - len(set(milestones))


@pytest.mark.parametrize(
    ("scale", "points", "asked", "scored"),
    [(1, None, 10_000, 10_000), (0.1, None, 10_000, 500), (0.1, None, 200, 200)]
    + [(2, None, 10_000, 10_000), (0.1, 2_000, 10_000, 2_000), (1, 50, 10_000, 50)],
)
def test_a_rehearsal_is_scored_on_fewer_images(
    scale: float, points: int | None, asked: int, scored: int
) -> None:
    grid = grid_of(evaluation={"num_points": asked})
    plan = make_plan(grid, scale=scale, points=points)
    assert {t.config.evaluation.num_points for t in plan.trainings} == {scored}
    warned = any("milestones are scored on" in warning for warning in plan.warnings)
    assert warned == (points is None and scored < asked)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(UsageError, match="--points 9"):
        make_plan(grid_of(), points=9)


def test_scaling_is_exact() -> None:
    """50,000 * 0.002 is 100.00000000000001 in floats, whose ceiling would be 101."""
    plan = make_plan(grid_of(axes={"iterations": [50_000, 150_000, 290_000]}), scale=0.002)
    assert plan.trainings[0].config.milestones == (100, 300, 580)
    plan = make_plan(grid_of(axes={"iterations": [300_000]}), scale=0.0007)
    assert plan.trainings[0].config.milestones == (210,)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_an_invalid_scale_is_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        make_plan(grid_of(), scale=scale)


def test_synthetic_data_replace_missing_files() -> None:
    grid = grid_of(datasets=["dsprites", "mpi3d", {"name": "falcor3d", "source": "synthetic"}])
    sources = {
        name: {cell.config.source for cell in make_plan(grid, use_synthetic=rule).cells}
        for name, rule in {"at hand": lambda name: False, "away": lambda name: True}.items()
    }
    assert sources["at hand"] == {"rendered", "published", "synthetic"}
    assert sources["away"] == {"rendered", "synthetic"}
    plans = [make_plan(grid, use_synthetic=rule) for rule in (None, lambda name: True)]
    assert plans[0].grid_id != plans[1].grid_id
    assert len(set(plans[0].run_ids) & set(plans[1].run_ids)) == 12  # dsprites and falcor3d


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


def learning(tmp_path: Path) -> Grid:
    other = "datasets: dsprites\nmodels: l_vae\naxes: {iterations: 100}\n"
    (tmp_path / "other.yaml").write_text(other)
    learned = "{learned: beta, from: other.yaml, model: l_vae, select: cbd, digits: 2}"
    text = other.replace("l_vae", f"[{{beta_vae: {{beta: [{learned}, 0.89]}}}}]")
    (tmp_path / "grid.yaml").write_text(text)
    return load_grid(tmp_path / "grid.yaml")


def test_trainings_of_unknown_learned_values_are_unresolved(tmp_path: Path) -> None:
    plan = make_plan(learning(tmp_path))
    assert (plan.runs, plan.unresolved, len(plan.trainings)) == (2, 1, 2)
    waiting = plan.trainings[0]
    assert waiting.unresolved and waiting.training_id.startswith("waiting-")
    assert plan.cells[0].run_id.startswith("waiting-")
    assert "learned by l_vae in other.yaml, selected by cbd" in plan.cells[0].unresolved[0]
    assert make_plan(learning(tmp_path), resolve=lambda learned, dataset: None) == plan


def test_learned_values_are_rounded_and_run_when_known(tmp_path: Path) -> None:
    asked = []

    def resolve(learned: object, dataset: str) -> float:
        asked.append((getattr(learned, "model", None), dataset))
        return 0.8912

    plan = make_plan(learning(tmp_path), resolve=resolve)
    assert asked == [("l_vae", "dsprites")]
    assert plan.unresolved == 0
    assert [cell.config.params for cell in plan.cells] == [{"beta": 0.89}]
    assert plan.warnings  # 0.89 was asked for too
    assert plan.grid_id == make_plan(learning(tmp_path)).grid_id


def test_an_alias_stands_for_one_of_its_models_on_a_dataset() -> None:
    """mdL-VAE is the strong form unless all of its sigmas end below 0.5 (thesis, section 7.2)."""
    axes = {"iterations": [100, 200]}
    strong, weak = (make_plan(grid_of(name, axes)) for name in ("mdl_vae_strong", "mdl_vae_weak"))
    grid = grid_of("mdl_vae_auto", axes)
    assert make_plan(grid).run_ids == strong.run_ids
    plan = make_plan(grid, needs_second_model={strong.run_ids: True}.get)
    assert plan.run_ids == weak.run_ids
    assert {cell.label for cell in plan.cells} == {"mdl_vae_auto"}
    assert make_plan(grid, needs_second_model=lambda runs: None).run_ids == strong.run_ids
    assert plan.grid_id == make_plan(grid).grid_id


def test_a_dataset_file_is_known_by_its_content(tmp_path: Path) -> None:
    factors = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), -1).reshape(-1, 2)

    def plan_of(name: str, file: str, shade: int) -> Plan:
        images = np.full((12, 64, 64), shade, np.uint8)
        np.savez(tmp_path / file, images=images, factors=factors)
        dataset = {"name": name, "path": str(tmp_path / file)}
        return make_plan(grid_of(datasets=dataset, axes={"iterations": 10, "batch_size": 2}))

    first = plan_of("mine", "a.npz", 0)
    assert plan_of("yours", "b.npz", 0).run_ids == first.run_ids
    assert plan_of("mine", "c.npz", 1).run_ids != first.run_ids
    [config] = [training.config for training in first.trainings]
    assert (config.dataset, config.source, config.latent_dim) == ("mine", "file", 2)
    assert config.path == str(tmp_path / "a.npz")
    assert config.identity()["dataset"] == f"custom:{config.digest}"


def test_a_measure_that_intervenes_needs_every_combination(tmp_path: Path) -> None:
    needs = [name for name, spec in _measures().items() if spec.needs == "factor grid"]
    factors = np.array([[0, 0], [0, 1], [1, 0]])
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 64, 64), np.uint8), factors=factors)
    dataset = {"name": "mine", "path": str(tmp_path / "a.npz")}
    axes = {"iterations": 10, "batch_size": 1}
    every = grid_of(datasets=dataset, axes=axes, evaluation={"measures": "all"})
    [training] = make_plan(every).trainings
    assert set(training.config.measures or ()) == set(_measures()) - set(needs)
    for name in needs:
        with pytest.raises(GridError, match="has no grid of factors"):
            make_plan(grid_of(datasets=dataset, axes=axes, evaluation={"measures": ["cbd", name]}))


def _measures():
    from trainers.specs.measures import MEASURES

    return MEASURES


def test_a_network_of_the_wrong_image_size_is_refused() -> None:
    from trainers.specs.networks import NETWORKS

    for name, spec in NETWORKS.items():
        for dataset, known in DATASETS.items():
            grid = grid_of(datasets=dataset, axes=AXES | {"network": name})
            if not spec.sizes or known.image_CHW[1] in spec.sizes:
                assert make_plan(grid).runs == 6
            else:
                with pytest.raises(GridError, match=f"{name} is made for"):
                    make_plan(grid)


def test_too_many_runs_are_refused() -> None:
    grid = grid_of(axes={"iterations": list(range(1, 1001))}, seeds={"count": MAX_RUNS // 1000 + 1})
    with pytest.raises(GridError, match="multiply out to 201,000 runs"):
        make_plan(grid)


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


def test_a_search_is_not_multiplied_out() -> None:
    with pytest.raises(UsageError, match="a search"):
        make_plan(grid_of(search={"trainings": 3}))


def test_num_points_above_a_split_is_reported(tmp_path):
    text = """
datasets: cars3d
models: vae
axes: {iterations: 100}
evaluation: {measures: [cbd], num_points: 50000, split: {validation: 0.1, test: 0.05}}
"""
    file = tmp_path / "grid.yaml"
    file.write_text(text, encoding="utf-8")
    warnings = make_plan(load_grid(file)).warnings
    assert [w for w in warnings if "all 1,756 validation images" in w and "50,000" in w]
    assert [w for w in warnings if "all 878 test images" in w]
    file.write_text(text.replace("num_points: 50000, ", ""), encoding="utf-8")
    assert make_plan(load_grid(file)).warnings == ()  # up to 10,000 is what README promises
    assert len(make_plan(load_grid(file), points=5_000).warnings) == 2
