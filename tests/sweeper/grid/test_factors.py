"""`factors` of a grid: an axis, in the ids where it is given, with every mistake and its line."""

from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.titles import dataset_title
from sweeper.cost.text import plan_lines
from sweeper.errors import GridError
from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import make_plan
from sweeper.search.space import point_cells
from sweeper.tables.notes import num_factors

BASE = (
    "datasets: dsprites\nmodels: [vae, {beta_vae: {beta: [2, 4]}}]\naxes: {iterations: [10, 20]}\n"
)
AXIS = (
    "factors:\n"
    "  - all\n"
    "  - correlate: [[shape, posX, 0.2]]\n"
    "  - {without: [{shape: 0, orientation: [20, 39]}], correlate: [scale, posX, 4e-1]}\n"
)


def plan_of(text: str, tmp_path: Path, name: str = "g"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    grid = load_grid(path)
    return grid, make_plan(grid)


def mistakes(text: str, tmp_path: Path) -> list[str]:
    with pytest.raises(GridError) as caught:
        plan_of(text, tmp_path)
    return [f"{p.line} {p.path} {p.what}" for p in caught.value.problems]


def test_a_list_multiplies_and_all_is_no_distribution(tmp_path):
    _, plain = plan_of(BASE, tmp_path)
    _, plan = plan_of(BASE + AXIS, tmp_path)
    assert (plan.runs, len(plan.trainings)) == (3 * plain.runs, 3 * len(plain.trainings))
    assert set(plain.run_ids) < set(plan.run_ids)
    found = {cell.config.factors.label() for cell in plan.cells}
    assert found == {
        "",
        "posX~shape 0.2",
        "posX~scale 0.4, without orientation 20-39 x shape 0",
    }


def test_ids_without_the_key_are_those_of_before(tmp_path):
    grid, plan = plan_of(BASE, tmp_path)
    assert "factors" not in grid.requested()
    _, other = plan_of(BASE + "factors: all\n", tmp_path)
    assert other.run_ids == plan.run_ids
    assert all("factors" not in cell.to_json() for cell in plan.cells)


def test_order_and_spelling_change_no_id(tmp_path):
    one = "factors: {correlate: [[shape, posX, 2e-1]], without: [{scale: 1}, {posY: [3, 4]}]}\n"
    two = "factors: {without: [{posY: [3, 4]}, {scale: [1, 1]}], correlate: [posX, shape, 0.2]}\n"
    ids = [plan_of(BASE + text, tmp_path)[1].run_ids for text in (one, two)]
    assert set(ids[0]) == set(ids[1])


def test_the_plan_shows_them(tmp_path):
    grid, plan = plan_of(BASE + AXIS, tmp_path)
    text = "\n".join(plan_lines(plan, grid))
    assert "factors    every image\n" in text and "factors    posX~shape 0.2\n" in text
    assert "without orientation 20-39 x shape 0" in text


def test_all_mistakes_at_once_with_their_lines(tmp_path):
    text = BASE + (
        "factors:\n"
        "  correlate:\n"
        "    - [shap, posX, 0.2]\n"
        "    - [scale, posX, 0]\n"
        "  without:\n"
        "    - {shape: 3}\n"
        "    - {posY: [1, 2, 3]}\n"
        "    - {size: 0}\n"
    )
    found = mistakes(text, tmp_path)
    for line, path, said in [
        (6, "factors.correlate[0]", "'shap', which is no factor. Known: shape, scale"),
        (7, "factors.correlate[1]", "sigma 0; it must be above 0"),
        (9, "factors.without[0]", "shape 3; allowed are 0 to 2"),
        (10, "factors.without[1]", "3 values of posY; give one, or [first, last]"),
        (11, "factors.without[2]", "'size', which is no factor"),
    ]:
        assert any(m.startswith(f"{line} {path} ") and said in m for m in found), (line, found)
    assert len(found) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("factors: {without: [{posX: [0, 9]}, {posX: [8, 31]}]}", "nothing is left to train on"),
        ("factors: [all, all]", "same distribution"),
        ("factors: some", "must be a mapping"),
        ("factors: {correlate: [[shape, posX]]}", "[factor, factor, sigma]"),
        ("factors: {without: [shape]}", "must name factors and values"),
        ("factors: {corelate: 1}", 'Did you mean "correlate"'),
        ("datasets: [dsprites, mpi3d]\nfactors: {without: [{posX: 0}]}", "on mpi3d: names 'posX'"),
        (
            "search: {trainings: 4}\nfactors: [all, {without: [{posX: 0}]}]",
            "has several distributions; a search has one",
        ),
    ],
)
def test_mistakes(text, said, tmp_path):
    base = BASE.partition("\n")[2] if text.startswith("datasets") else BASE
    assert any(said in found for found in mistakes(f"{base}{text}\n", tmp_path))


def test_a_file_of_ones_own(tmp_path):
    factors = np.stack(np.unravel_index(np.arange(200) % 6, (3, 2)), axis=1)
    np.savez(tmp_path / "mine.npz", images=np.zeros((200, 64, 64), np.uint8), factors=factors,
             factor_names=np.array(["hue", "size"]))  # fmt: skip
    base = BASE.replace("dsprites", "{name: mine, path: mine.npz}")
    _, plan = plan_of(base + "factors: {correlate: [[hue, size, 0.5]]}\n", tmp_path)
    assert {cell.config.factors.label() for cell in plan.cells} == {"hue~size 0.5"}
    [found] = mistakes(base + "factors: {without: [{hue: 3}]}\n", tmp_path)
    assert "allowed are 0 to 2" in found


def test_a_search_draws_from_its_one_distribution():
    grid = Grid(
        datasets="dsprites",
        models={"beta_vae": {"beta": {"low": 1, "high": 4}}},
        axes={"iterations": 10},
        search={"trainings": 4},
        factors={"without": [{"shape": 0}]},
    )
    point = {"model": "beta_vae", "beta": 2.0, "batch_size": 64, "learning_rate": 1e-4}
    point |= {"latent_dim": 5, "network": "mlp", "reconstruction": "mse", "precision": "fp32"}
    [cell] = point_cells(grid, grid.datasets[0], point)
    assert cell.config.factors.label() == "without shape 0"


def test_tables_keep_the_distribution_in_the_name_of_the_dataset():
    assert dataset_title("mpi3d (object_color~object_shape 0.2)") == (
        "MPI3D-complex (object_color~object_shape 0.2)"
    )
    assert num_factors("dsprites (without shape 0)") == num_factors("dsprites") == 5
