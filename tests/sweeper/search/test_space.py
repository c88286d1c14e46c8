"""Grids with `search`: the space they sample, and the cells of a point."""

import pytest

from search_spaces.axes import Choice, Interval
from search_spaces.samplers import Search
from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.planning.plan import make_plan, plan_from_cells
from sweeper.search.space import directions_of, num_points, point_cells, search_summary, space_of

GRID = Grid(
    datasets=["dsprites", "mpi3d"],
    models=[
        {"beta_vae": {"beta": {"low": 0.5, "high": 8, "log": True}}},
        {"l_vae": {"axes": {"batch_size": 32}, "datasets": "dsprites"}},
        {"beta_vae": {"beta": 1}},
    ],
    axes={
        "iterations": [10, 20],
        "batch_size": {"low": 16, "high": 64, "step": 16},
        "learning_rate": {"low": 1e-5, "high": 1e-3, "log": True},
        "reconstruction": ["mse", "bernoulli"],
    },
    seeds=[0, 1],
    search={"trainings": 12},
)
DSPRITES, MPI3D = GRID.datasets


def test_the_space_has_the_grids_axes_and_a_branch_for_each_entry() -> None:
    space = space_of(GRID, DSPRITES)
    assert set(space.common) == {
        Interval("learning_rate", 1e-5, 1e-3, log=True),
        Choice("latent_dim", ("auto",)),
        Choice("network", ("auto",)),
        Choice("reconstruction", ("mse", "bernoulli")),
        Choice("precision", ("fp32",)),
    }
    batches = Interval("batch_size", 16, 64, step=16, integer=True)
    assert space.branches == {
        "beta_vae": (Interval("beta", 0.5, 8, log=True), batches),
        "l_vae": (Choice("batch_size", (32,)),),
        "beta_vae#2": (Choice("beta", (1.0,)), batches),
    }
    assert list(space_of(GRID, MPI3D).branches) == ["beta_vae", "beta_vae#2"]


def test_a_point_is_trained_with_every_seed_to_every_milestone() -> None:
    search = Search(space_of(GRID, DSPRITES), ["max"], seed=3)
    for _ in range(6):
        number, point = search.ask()
        cells = point_cells(GRID, DSPRITES, point)
        assert [(cell.config.seed, cell.iterations) for cell in cells] == [
            (0, 10),
            (0, 20),
            (1, 10),
            (1, 20),
        ]
        assert {cell.config.batch_size for cell in cells} == {point["batch_size"]}
        assert len(plan_from_cells("search", "id", cells).trainings) == 2
        search.tell(number, [0.5])


def test_a_point_is_the_run_that_a_grid_of_one_value_asks_for() -> None:
    point = {
        "model": "beta_vae",
        "beta": 2.0,
        "batch_size": 16,
        "learning_rate": 1e-4,
        "latent_dim": "auto",
        "network": "auto",
        "reconstruction": "mse",
        "precision": "fp32",
    }
    plain = Grid(
        datasets="dsprites",
        models={"beta_vae": {"beta": 2}},
        axes={"iterations": [10, 20], "batch_size": 16},
        seeds=[0, 1],
    )
    cells = point_cells(GRID, DSPRITES, point)
    assert {cell.run_id for cell in cells} == set(make_plan(plain).run_ids)


def test_the_summary_is_an_upper_bound() -> None:
    assert num_points(GRID) == 6
    assert search_summary(GRID) == {
        "runs": 2 * 12 * 2,
        "trainings": 2 * 12,
        "steps_asked": 2 * 12 * 30,
        "steps_to_run": 2 * 12 * 20,
        "reused": 0,
    }


def test_directions_are_those_of_the_selection_unless_given() -> None:
    assert directions_of(GRID) == {"cbd": "max"}
    two = {"cbd": "max", "valid/recon": "min"}
    given = Grid(
        datasets="dsprites",
        models="vae",
        axes={"iterations": 1},
        search={"directions": two},
    )
    assert directions_of(given) == two


def test_a_grid_without_search_has_no_space() -> None:
    grid = Grid(datasets="dsprites", models="vae", axes={"iterations": 1})
    with pytest.raises(UsageError, match="has no `search`"):
        space_of(grid, grid.datasets[0])
