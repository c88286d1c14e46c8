"""The shipped grids: each loads without a warning and asks for what the thesis states."""

import csv
from pathlib import Path

import pytest

from sweeper.grid import load_grid
from sweeper.planning.plan import Plan, make_plan
from sweeper.planning.population import shipped_grid
from sweeper.search.space import search_summary

FOLDER = Path(__file__).parents[3] / "grids"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
THESIS_ITERATIONS = 105 * 10_000  # 5 + 10 + 15 + 20 + 25 + 30, times 1e4


def plan_of(name: str) -> Plan:
    return make_plan(load_grid(FOLDER / f"{name}.yaml"))


def test_the_grids_are_there() -> None:
    assert NAMES == sorted(
        ["quickstart", "table6_1", "table6_2", "table7_1", "table7_2", "table7_3", "table7_4"]
        + [
            "figure4_5",
            "figure6_2",
            "thesis",
            "results",
            "results_causes",
            "results_gpu",
            "results_rates",
            "results_seeds",
            "locatello",
            "search_tpe",
            "search_pareto",
        ]
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_grid_loads_without_a_warning(name: str) -> None:
    grid = load_grid(FOLDER / f"{name}.yaml")
    assert grid.origin.warnings == ()
    if grid.search is None:
        assert make_plan(grid).warnings == ()
    assert grid.origin.text.startswith("# "), "the file tells what it is for"


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("table6_1", 4 * 7),  # datasets times models, beta-VAE counted twice
        ("table6_2", 4 * 2),
        ("table7_1", 4 * 8 + 1),  # mdL-VAE-weak on MPI3D only
        ("table7_2", 4 * 8 + 1),
        ("table7_3", 4 * 8 + 1),
        ("table7_4", 4),
        ("figure4_5", 4 * 5),
        ("thesis", 4 * (1 + 4 + 6) + 1 + 3),
    ],
)
def test_each_model_of_the_thesis_has_36_runs_in_6_trainings(name: str, groups: int) -> None:
    """Section 3.2.2: 3 batch sizes, 2 learning rates, 6 iteration counts."""
    plan = plan_of(name)
    assert plan.runs == 36 * groups
    assert len(plan.trainings) == 6 * groups
    assert plan.steps_asked == 6 * groups * THESIS_ITERATIONS
    assert plan.steps_to_run == 6 * groups * 300_000


def test_table_7_1_in_full() -> None:
    plan = plan_of("table7_1")
    assert (plan.runs, len(plan.trainings)) == (1188, 198)
    assert (plan.steps_asked, plan.steps_to_run) == (207_900_000, 59_400_000)


def test_tables_that_differ_in_selection_share_every_run() -> None:
    runs = {name: set(plan_of(name).run_ids) for name in NAMES if name.startswith("table")}
    assert runs["table7_1"] == runs["table7_2"] == runs["table7_3"]
    assert runs["table6_1"] < runs["table7_1"]


def test_the_thesis_grid_is_the_union_of_the_others() -> None:
    parts = [name for name in NAMES if name.startswith("table")] + ["figure4_5"]
    union = set().union(*(plan_of(name).run_ids for name in parts))
    assert set(plan_of("thesis").run_ids) == union


@pytest.mark.parametrize(
    "table", ["table_6_1", "table_6_2", "table_7_1", "table_7_2", "table_7_3", "table_7_4"]
)
def test_every_row_of_a_table_is_asked_for(table: str) -> None:
    published = FOLDER.parent / "sweeper" / "tables" / "thesis_tables" / f"{table}.csv"
    with published.open(newline="") as stream:
        wanted = {(row["dataset"], row["model"]) for row in csv.DictReader(stream)}
    plan = plan_of(table.replace("_", "", 1))
    assert {(cell.config.dataset, cell.label) for cell in plan.cells} == wanted


def test_the_quickstart_is_small_and_needs_no_file() -> None:
    plan = plan_of("quickstart")
    assert plan.runs >= 36
    assert len({cell.label for cell in plan.cells}) >= 2
    assert {cell.config.source for cell in plan.cells} == {"rendered"}
    assert plan.steps_to_run <= 4800
    assert max(cell.config.batch_size for cell in plan.cells) <= 128


def test_the_locatello_study_has_12600_runs() -> None:
    """Locatello et al. 2019: six methods, six values each, 50 seeds, seven datasets.

    beta-VAE and beta-TCVAE with beta 1 are one: 350 of the 12,600 are trained once for both."""
    plan = plan_of("locatello")
    assert {cell.config.dataset for cell in plan.cells} == {
        *("dsprites", "color_dsprites", "noisy_dsprites", "scream_dsprites"),
        *("smallnorb", "cars3d", "shapes3d"),
    }
    assert len(plan.cells) == 12_600
    assert plan.runs == len(plan.trainings) == 12_600 - 350
    by_label: dict[str, set[str]] = {}
    for cell in plan.cells:
        by_label.setdefault(cell.label, set()).add(str(cell.config.params))
    assert {len(settings) for settings in by_label.values()} == {6}
    assert len(by_label) == 6


def test_the_locatello_study_scores_what_it_trains_on_with_its_own_network() -> None:
    configs = [cell.config for cell in plan_of("locatello").cells[:50]]
    assert {(c.network, c.evaluation.protocol) for c in configs} == {("burgess", "locatello")}
    assert {c.evaluation.validation_fraction for c in configs} == {0.0}


def test_figure_6_2_is_one_training_of_l_vae_on_celeba() -> None:
    [cell] = plan_of("figure6_2").cells
    config = cell.config
    assert (config.dataset, config.model, cell.iterations) == ("celeba", "l_vae", 1_000_000)
    assert (config.batch_size, config.learning_rate, config.latent_dim) == (128, 1e-4, 40)


def test_the_package_holds_the_same_grids() -> None:
    for name in NAMES:
        assert shipped_grid(name).read_bytes() == (FOLDER / f"{name}.yaml").read_bytes()
    assert shipped_grid("thesis").parent.name == "shipped_grids"


@pytest.mark.parametrize("name", ["search_tpe", "search_pareto"])
def test_the_searches_are_small(name: str) -> None:
    summary = search_summary(load_grid(FOLDER / f"{name}.yaml"))
    assert 0 < summary["steps_to_run"] <= 4800
