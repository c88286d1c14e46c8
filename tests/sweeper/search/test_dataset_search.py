"""Searches of a grid by simulated workers, which train nothing."""

import math
from collections import Counter
from pathlib import Path

import pytest

from search_spaces.samplers import SearchMismatch, TrialState
from sweeper.grid import Grid
from sweeper.planning.plan import plan_from_cells
from sweeper.search.dataset_search import REPEAT, WARM, DatasetSearch
from sweeper.search.space import SWITCH
from sweeper.search.training_queue import TrainingQueue
from tests.sweeper.support.simulated_search import RecordedScores, SimulatedSearch
from trainers.config import TrainingConfig


def grid(**changes) -> Grid:
    blocks = {
        "datasets": "dsprites",
        "models": ["l_vae", {"beta_vae": {"beta": {"low": 0.5, "high": 8, "log": True}}}],
        "axes": {
            "iterations": [100, 200, 300],
            "learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
        },
        "search": {"sampler": "tpe", "trainings": 14, "pruner": "none"},
    }
    return Grid(**{**blocks, **changes})


def searched(**search) -> Grid:
    return grid(search={"trainings": 14, **search})


FEW = {"iterations": [1, 2], "batch_size": [16, 32], "learning_rate": [1e-3, 1e-4]}


def score(config: TrainingConfig, milestone: int) -> dict[str, float]:
    """Best at a learning rate of 1e-3 and after 200 iterations."""
    distance = abs(math.log10(config.learning_rate) + 3)
    value = 0.9 - distance / 5 - abs(milestone - 200) / 1000
    return {"measure/cbd": value, "valid/recon": 100 * distance + config.batch_size}


def dataset_search(asked: Grid, **more) -> DatasetSearch:
    return DatasetSearch(asked, asked.datasets[0], **more)


def simulate(
    asked: Grid, *, workers: int = 2, scores=score, milestones: int = 10**9, **more
) -> SimulatedSearch:
    search = dataset_search(asked, **more)
    recorded = more.get("known_results")
    return SimulatedSearch(TrainingQueue([search]), scores, workers, recorded).run(milestones)


def trials(simulated: SimulatedSearch):
    return simulated.queue.searches[0].optuna_search.trials()


def test_every_point_is_reported_once_at_its_best_milestone() -> None:
    simulated = simulate(grid())
    assert [one.state for one in trials(simulated)] == [TrialState.DONE] * 14
    for one in trials(simulated):
        at_200 = 0.9 - abs(math.log10(one.point["learning_rate"]) + 3) / 5
        assert one.values == pytest.approx([at_200])
        assert set(one.reported) == {100, 200, 300}
    assert len(simulated.scored) == 14 * 3


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "median"])
def test_a_pruned_training_stops_at_its_milestone_and_keeps_what_it_reached(pruner: str) -> None:
    ended = []
    search = dataset_search(searched(pruner=pruner, trainings=30))
    search.on_end = ended.append
    simulated = SimulatedSearch(TrainingQueue([search]), score).run()
    pruned = [one for one in ended if one.end == "pruned"]
    assert pruned and any(not one.end for one in ended)
    trained = Counter(training for training, _ in simulated.scored)
    for one in pruned:
        [training] = one.trainings
        assert trained[training.training_id] == len(one.reached()) < 3
        assert [cell.iterations for cell in one.reached()] == [100, 200][: len(one.reached())]
    assert {one.state for one in search.optuna_search.trials()} == {
        TrialState.DONE,
        TrialState.PRUNED,
    }
    assert len(simulated.scored) < 90


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "qmc", "cmaes"])
@pytest.mark.parametrize("milestones", [0, 2, 13, 38])
def test_a_killed_search_continues_as_if_it_had_not_been(
    tmp_path: Path, sampler: str, milestones: int
) -> None:
    """One worker, so that the order of answers is the same; what was scored lies in the store."""
    asked = searched(sampler=sampler, pruner="asha")
    whole = simulate(asked, workers=1, journal=tmp_path / "whole", known_results=RecordedScores())
    recorded = RecordedScores()
    first = simulate(
        asked, workers=1, journal=tmp_path / "cut", known_results=recorded, milestones=milestones
    )
    second = simulate(asked, workers=1, journal=tmp_path / "cut", known_results=recorded)
    assert trials(second) == trials(whole)
    assert first.scored + second.scored == whole.scored
    assert not [one for one in trials(second) if one.state == TrialState.OPEN]


def test_no_proposal_is_lost_when_four_workers_are_killed(tmp_path: Path) -> None:
    recorded, journal = RecordedScores(), tmp_path / "j"
    first = simulate(grid(), workers=4, journal=journal, known_results=recorded, milestones=9)
    running = {training.training_id for training, _ in first.busy}
    second = simulate(grid(), workers=4, journal=journal, known_results=recorded)
    assert len(running) == 3 and running <= {training for training, _ in second.scored}
    assert not set(first.scored) & set(second.scored)
    assert [one.state for one in trials(second)] == [TrialState.DONE] * 14


def test_a_half_written_journal_is_repaired(tmp_path: Path) -> None:
    recorded, journal = RecordedScores(), tmp_path / "j"
    proposed = len(trials(simulate(grid(), journal=journal, known_results=recorded, milestones=9)))
    whole = journal.read_bytes()
    for torn in (b'{"op_code":6,"tri', b'{"op_code":6}garbage\n', b"\0" * 40):
        journal.write_bytes(whole + torn)
        (tmp_path / "j.lock").symlink_to("nowhere")
        search = dataset_search(grid(), journal=journal, known_results=recorded)
        assert search.proposed == proposed
        assert journal.read_bytes().startswith(whole)
    assert [
        one.state for one in trials(simulate(grid(), journal=journal, known_results=recorded))
    ] == [TrialState.DONE] * 14


def test_a_trial_without_its_point_has_failed(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    simulate(grid(), journal=journal, milestones=4)
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if b'"point"' in line)
    journal.write_bytes(b"".join(lines[:last]))
    simulated = simulate(grid(), journal=journal)
    assert len(trials(simulated)) == 14
    states = [trial.state.name for trial in simulated.queue.searches[0].optuna_search.study.trials]
    assert states.count("FAIL") == 1 and "RUNNING" not in states


def test_a_changed_space_is_reported(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    simulate(grid(), journal=journal, milestones=4)
    axes = {"iterations": [100, 200], "learning_rate": {"low": 1e-5, "high": 1e-2, "log": True}}
    with pytest.raises(SearchMismatch) as caught:
        dataset_search(grid(axes=axes), journal=journal)
    assert str(caught.value) == (
        "iterations was [[100, 200, 300], [100, 200, 300]] and is [[100, 200], [100, 200]]; "
        'learning_rate was {"low": 1e-05, "high": 0.1, "log": true} and is '
        '{"low": 1e-05, "high": 0.01, "log": true}'
    )
    more = searched(trainings=20, sampler="random", pruner="median", seed=3)
    assert len(trials(simulate(more, journal=journal))) == 20


def test_every_point_of_a_small_space_is_tried_once() -> None:
    simulated = simulate(grid(models="vae", axes=FEW, search={"trainings": 50}))
    [search] = simulated.queue.searches
    assert search.stop_reason == "every point of the space has been tried"
    assert len({training for training, _ in simulated.scored}) == 4 and len(simulated.scored) == 8
    done = [
        one for one in trials(simulated) if one.state == TrialState.DONE and REPEAT not in one.notes
    ]
    assert len(done) == 4


def test_two_spellings_of_one_model_are_one_point() -> None:
    models = ["vae", {"beta_vae": {"beta": [1, 4]}}]
    axes = {"iterations": [1], "learning_rate": 1e-3}
    simulated = simulate(grid(models=models, axes=axes, search={"trainings": 9}))
    assert len(simulated.scored) == 2


def test_a_search_of_which_everything_fails_is_stopped() -> None:
    simulated = simulate(grid(), scores=lambda config, milestone: None)
    [search] = simulated.queue.searches
    assert search.stop_reason == "the first 5 points failed, and none succeeded"
    assert [one.notes["reason"] for one in trials(simulated)][:5] == ["no space left on device"] * 5


def test_a_few_failures_do_not_stop_the_search() -> None:
    def unlucky(config: TrainingConfig, milestone: int):
        return None if config.learning_rate > 1e-2 else score(config, milestone)

    states = Counter(one.state for one in trials(simulate(grid(), scores=unlucky)))
    assert set(states) == {TrialState.DONE, TrialState.FAILED} and states.total() == 14


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_metric_that_no_milestone_has_is_reported(value: float | None) -> None:
    scores = {"valid/recon": 1.0} | ({} if value is None else {"measure/cbd": value})
    simulated = simulate(grid(), scores=lambda config, milestone: scores)
    reasons = {one.notes["reason"] for one in trials(simulated)}
    assert reasons == {"no milestone reports cbd"}
    assert simulated.queue.searches[0].stop_reason.startswith("the first 5 points failed")


def test_a_point_with_two_seeds_is_their_mean_and_ends_as_one() -> None:
    def by_seed(config: TrainingConfig, milestone: int) -> dict[str, float]:
        return {"measure/cbd": score(config, milestone)["measure/cbd"] + config.seed / 10}

    simulated = simulate(grid(seeds=[0, 1]), scores=by_seed, workers=3)
    assert len(trials(simulated)) == 7
    for one in trials(simulated):
        at_200 = 0.9 - abs(math.log10(one.point["learning_rate"]) + 3) / 5
        assert one.values == pytest.approx([at_200 + 0.05])


def test_two_directions_have_a_front_of_points_that_none_beats() -> None:
    directions = {"cbd": "max", "valid/recon": "min"}
    axes = {"iterations": [100, 200], "learning_rate": 1e-3, "batch_size": [16, 32, 64]}

    def apart(config: TrainingConfig, milestone: int) -> dict[str, float]:
        """Larger batches disentangle and reconstruct worse; 32 is beaten in both."""
        cbd = {16: 0.1, 32: 0.05, 64: 0.3}[config.batch_size]
        recon = {16: 10.0, 32: 20.0, 64: 30.0}[config.batch_size]
        return {"measure/cbd": cbd, "valid/recon": recon}

    simulated = simulate(
        grid(models="vae", axes=axes, search={"trainings": 3, "directions": directions}),
        scores=apart,
    )
    search = simulated.queue.searches[0].optuna_search
    best = [one.point["batch_size"] for one in trials(simulated) if one.number in search.best()]
    assert sorted(best) == [16, 64]


def test_the_queue_is_never_empty_while_points_are_left() -> None:
    """As many workers as points: every point is proposed before any of them has a result."""
    queue = TrainingQueue([dataset_search(grid())])
    given = [queue.next() for _ in range(14)]
    assert len({training.training_id for training in given if training}) == 14
    assert queue.next() is None


def test_datasets_alternate() -> None:
    asked = grid(datasets=["dsprites", "mpi3d"])
    queue = TrainingQueue([DatasetSearch(asked, dataset) for dataset in asked.datasets])
    given = [queue.next() for _ in range(6)]
    assert [t.config.dataset for t in given if t] == ["dsprites", "mpi3d"] * 3


def test_a_budget_stops_starting_and_lets_trainings_reach_their_milestone() -> None:
    exhausted: list[str] = []
    queue = TrainingQueue([dataset_search(grid())], exhausted=lambda: "".join(exhausted))
    simulated = SimulatedSearch(queue, score, workers=3).run(milestones=4)
    exhausted.append("the budget of 1 hours is used up")
    under_way = {training.training_id for training, _ in simulated.busy}
    before = len(simulated.scored)
    simulated.run()
    assert {training for training, _ in simulated.scored[before:]} == under_way
    assert len(simulated.scored) - before == len(under_way)
    ends = Counter(one.notes.get("end", "") for one in trials(simulated))
    assert ends["budget"] >= 1 and queue.num_unproposed == 14 - len(trials(simulated))
    assert TrialState.OPEN not in {one.state for one in trials(simulated)}


def test_a_grid_of_ones_of_a_search_finds_its_milestones_done() -> None:
    """What a search trained has the ids that a grid of the same values asks for."""
    simulated = simulate(searched(pruner="asha"))
    one = next(one for one in trials(simulated) if one.state == TrialState.PRUNED)
    beta = {"beta_vae": {"beta": one.point["beta"]}} if "beta" in one.point else "l_vae"
    axes = {"iterations": [100], "learning_rate": one.point["learning_rate"]}
    from sweeper.planning.plan import make_plan

    [training] = make_plan(Grid(datasets="dsprites", models=beta, axes=axes)).trainings
    assert (training.training_id, 100) in simulated.scored
    assert one.point[SWITCH] in ("l_vae", "beta_vae")


def test_points_known_elsewhere_are_not_trained() -> None:
    """All milestones of a point lie in the store: its scores are reported when it is proposed."""
    asked = grid(models="vae", axes=FEW, search={"trainings": 4})
    recorded = RecordedScores()
    assert len(simulate(asked, known_results=recorded).scored) == 8

    class Full(RecordedScores):
        def with_progress(self, plan):
            recorded = {t.training_id: set(self.scored[t.training_id]) for t in plan.trainings}
            from sweeper.planning.plan import StoredProgress

            return plan.with_progress(
                {},
                {name: StoredProgress(recorded=frozenset(done)) for name, done in recorded.items()},
            )

    again = simulate(asked, known_results=Full(scored=recorded.scored))
    assert not again.scored
    assert sum(one.state == TrialState.DONE for one in trials(again) if WARM not in one.notes) >= 4


def test_a_plan_of_no_cells_is_empty() -> None:
    assert plan_from_cells("g", "i", ()).trainings == ()
