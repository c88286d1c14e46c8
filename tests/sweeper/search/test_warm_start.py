"""Results in MLflow that a search takes over."""

import pytest

from search_spaces.samplers import TrialState
from sweeper.grid import Grid
from sweeper.planning.cells import DEFAULT_OPTIONS, ExpansionOptions, expand
from sweeper.publishing.runs import run_params
from sweeper.search.dataset_search import WARM, DatasetSearch
from sweeper.search.known_results import FinishedRun, NoResults
from sweeper.search.warm_start import known_points

AXES = {"iterations": [10, 20], "learning_rate": [1e-3, 1e-4], "batch_size": [16, 64]}
SPACE = {
    "iterations": [10, 20],
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "batch_size": {"low": 8, "high": 64, "step": 8},
}
SEARCH = Grid(
    datasets=["dsprites", "mpi3d"],
    models=["l_vae", {"beta_vae": {"beta": {"low": 1, "high": 4}}}],
    axes=SPACE,
    search={"trainings": 6},
)
DSPRITES, MPI3D = SEARCH.datasets


def results(options: ExpansionOptions = DEFAULT_OPTIONS, **blocks) -> dict[str, FinishedRun]:
    """Finished runs of a full grid; the CbD of each is its learning rate times its iterations."""
    grid = Grid(**{"datasets": "dsprites", "models": "l_vae", "axes": AXES, **blocks})
    found = {}
    for cell in expand(grid, options)[0]:
        config = cell.config
        metrics = {"measure/cbd": config.learning_rate * cell.iterations}
        params = run_params(config, cell.iterations)
        found[cell.run_id] = FinishedRun(cell.run_id, params, metrics)
    return found


def test_runs_of_a_grid_are_points_of_the_space() -> None:
    found = known_points(SEARCH, DSPRITES, DEFAULT_OPTIONS, results())
    points = {(one.point["learning_rate"], one.point["batch_size"]) for one in found}
    assert points == {(1e-3, 16), (1e-3, 64), (1e-4, 16), (1e-4, 64)}
    assert {one.point["model"] for one in found} == {"l_vae"}
    assert all(one.complete for one in found)


def test_a_vae_is_a_beta_vae_with_beta_one() -> None:
    found = known_points(SEARCH, DSPRITES, DEFAULT_OPTIONS, results(models="vae"))
    assert {one.point["beta"] for one in found} == {1.0} and len(found) == 4


@pytest.mark.parametrize(
    "blocks",
    [
        {"datasets": "mpi3d"},
        {"models": "dynamic_vae"},
        {"models": {"beta_vae": {"beta": 8}}},
        {"axes": {**AXES, "iterations": [10]}},
        {"axes": {**AXES, "batch_size": 20}},
        {"axes": {**AXES, "learning_rate": 0.5}},
        {"axes": {**AXES, "latent_dim": 7}},
        {"seeds": [3]},
        {"evaluation": {"alpha": 0.25}},
        {"evaluation": {"split": {"seed": 9}}},
    ],
)
def test_runs_of_another_space_or_evaluation_are_not_taken(blocks) -> None:
    """The split and alpha are among no parameters of MLflow: the run id differs."""
    assert known_points(SEARCH, DSPRITES, DEFAULT_OPTIONS, results(**blocks)) == []


def test_runs_at_another_scale_are_not_taken() -> None:
    assert known_points(SEARCH, DSPRITES, ExpansionOptions(scale=2.0), results()) == []
    doubled = results(axes={**AXES, "iterations": [20, 40]})
    assert len(known_points(SEARCH, DSPRITES, ExpansionOptions(scale=2.0), doubled)) == 4


def test_a_search_begins_with_what_is_known_and_counts_it_apart(tmp_path) -> None:
    known_results = NoResults(results())
    search = DatasetSearch(SEARCH, DSPRITES, known_results=known_results, journal=tmp_path / "j")
    assert (search.num_warm_started, search.proposed) == (4, 0)
    warm = search.optuna_search.trials()
    assert {one.state for one in warm} == {TrialState.DONE} and all(
        WARM in one.notes for one in warm
    )
    assert sorted(one.values[0] for one in warm) == pytest.approx([2e-3, 2e-3, 2e-2, 2e-2])
    given = [search.next() for _ in range(6)]
    assert all(given) and search.next() is None
    again = DatasetSearch(SEARCH, DSPRITES, known_results=known_results, journal=tmp_path / "j")
    assert (again.num_warm_started, again.proposed) == (0, 6)


def test_a_known_point_that_is_proposed_is_not_trained() -> None:
    """Four points, of which a grid knows two: the search trains the other two."""
    axes = {**AXES, "learning_rate": 1e-3}
    known = NoResults(results(axes={**axes, "batch_size": 16}, models="l_vae"))
    search = DatasetSearch(
        Grid(
            datasets="dsprites",
            models=["l_vae", "dynamic_vae"],
            axes=axes,
            search={"trainings": 9},
        ),
        DSPRITES,
        known_results=known,
    )
    given = []
    while (candidate := search.next()) is not None:
        given.append((candidate.point["model"], candidate.point["batch_size"]))
        training = candidate.trainings[0].training_id
        search.add_scores(training, 20, {"measure/cbd": 0.5})
        search.end(training)
    assert sorted(given) == [("dynamic_vae", 16), ("dynamic_vae", 64), ("l_vae", 64)]
