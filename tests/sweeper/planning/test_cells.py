"""Cells of a grid: entries, learned values, aliases, own files, grids that cannot be run."""

from pathlib import Path

import numpy as np
import pytest

from sweeper.errors import GridError, UsageError
from sweeper.grid import Grid, load_grid
from sweeper.planning.cells import MAX_RUNS
from sweeper.planning.plan import Plan, make_plan
from tests.sweeper.support.small_grids import AXES, grid_of
from trainers.specs.datasets import DATASETS


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


def test_synthetic_data_replace_missing_files() -> None:
    grid = grid_of(datasets=["dsprites", "mpi3d", {"name": "falcor3d", "source": "synthetic"}])
    sources = {
        name: {cell.config.source for cell in make_plan(grid, use_synthetic=rule).cells}
        for name, rule in {"available": lambda name: False, "missing": lambda name: True}.items()
    }
    assert sources["available"] == {"rendered", "published", "synthetic"}
    assert sources["missing"] == {"rendered", "synthetic"}
    plans = [make_plan(grid, use_synthetic=rule) for rule in (None, lambda name: True)]
    assert plans[0].grid_id != plans[1].grid_id
    assert len(set(plans[0].run_ids) & set(plans[1].run_ids)) == 12  # dsprites and falcor3d


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


def test_a_dataset_file_is_identified_by_its_content(tmp_path: Path) -> None:
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


def test_a_search_is_not_multiplied_out() -> None:
    with pytest.raises(UsageError, match="a search"):
        make_plan(grid_of(search={"trainings": 3}))
