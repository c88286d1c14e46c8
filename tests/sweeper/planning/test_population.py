"""Which runs count: those that a grid asks for, by run id, and nothing else in the store."""

import pytest

from sweeper.analysis.population import launched, orphan_ids
from sweeper.analysis.selected import select
from sweeper.analysis.study import read_study
from sweeper.errors import UsageError
from sweeper.figures.scatter import compute_scatter
from sweeper.planning.population import find_population
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

GRID = """
datasets: dsprites
models: [vae]
axes: {batch_size: 64, learning_rate: [1e-4, 1e-5], iterations: [5e4, 10e4]}
"""


@pytest.fixture
def mixed(new_store):
    """Real runs of one grid among stand-ins, rehearsals, runs of another grid and orphans."""
    uri = new_store()
    vae = {"models": ("vae",), "batch_sizes": (64,)}
    cells = invented.thesis_cells(**vae, iterations=(50_000, 100_000, 200_000))

    def write(cells, start, grid="mine", **more):
        more = {"grid_text": GRID, "artifacts": False, **more}
        synthetic.write_launch(uri, cells, grid=grid, start=start, **more)

    write(cells, 0, grid_text=GRID.replace("10e4]", "10e4, 20e4]"))
    write([c for c in cells if c["iterations"] != 200_000], 1000)  # edited: two orphans
    write(invented.thesis_cells(**vae, iterations=(5, 10)), 2000)
    write(
        invented.thesis_cells(models=("l_vae",), batch_sizes=(128,))[:3],
        3000,
        "other",
        grid_text="",
    )
    stand_in = invented.make_cell("mpi3d", "vae", source="synthetic")
    write([stand_in], 4000, "third", synthetic=["mpi3d"])
    return uri


LEFT_OUT = "10 stored runs left out: "


def test_a_launch_and_its_file_give_the_same_runs(mixed, tmp_path):
    (tmp_path / "mine.yaml").write_text(GRID)
    study = read_study(mixed)
    by_name = find_population(study, "mine")
    by_file = find_population(study, tmp_path / "mine.yaml")
    assert {row["run_id"] for row in by_name.rows} == {row["run_id"] for row in by_file.rows}
    assert len(by_name.finished) == 4
    [note] = by_name.notes
    assert note.startswith(LEFT_OUT) and "2 that mine does not ask for now" in note
    assert "4 of a rehearsal" in note and "1 drawn by a stand-in" in note
    assert "3 of other grids (other)" in note


def test_figures_and_selections_count_the_same_runs(mixed):
    population = find_population(mixed, "mine")
    assert len(compute_scatter(population).points) == 4
    [winner] = select(population).to_dict("records")
    assert winner["candidates"] == 4 and winner["population"] == "real"
    assert winner["run_ids"] in {row["run_id"] for row in population.rows}


def test_a_rehearsal_is_another_population(mixed):
    found = find_population(mixed, "mine", rehearsal=True)
    assert {row["iterations"] for row in found.rows} == {5, 10}
    assert found.mark(found.rows) == "rehearsal"
    newest = find_population(mixed, "mine", rehearsal=None)
    ids = [[row["run_id"] for row in one.rows] for one in (newest, found)]
    assert ids[0] == ids[1]  # whatever the newest launch was


def test_orphans_are_what_earlier_launches_of_the_grid_asked_for(mixed):
    study = read_study(mixed)
    asked = [row["run_id"] for row in launched(study, "mine").rows]
    ids = orphan_ids(study.launches, "mine", asked)
    assert [row["iterations"] for row in study.rows if row["run_id"] in ids] == [200_000, 200_000]


def test_with_several_grids_one_must_be_named(mixed):
    with pytest.raises(UsageError, match="name a grid. Launched: mine, other, third"):
        select(mixed)
