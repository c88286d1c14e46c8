"""A round that does not end as planned: records are kept, and the launch says what failed."""

import pytest
import yaml

from sweeper.engine.engine import EngineLost
from sweeper.errors import TrackingError, UsageError
from sweeper.grid import load_grid
from sweeper.launching.launch import open_source
from sweeper.planning.settings import default_settings
from sweeper.tracking.reading import reader

GRID = {
    "name": "g",
    "datasets": "dsprites",
    "models": ["vae", "l_vae"],
    "axes": {"iterations": [10, 20], "learning_rate": 1e-3},
    "evaluation": {"measures": ["cbd"]},
}


def write(folder, **changes):
    (folder / "g.yaml").write_text(yaml.safe_dump(GRID | changes))
    return load_grid(folder / "g.yaml")


@pytest.fixture
def grid(tmp_path):
    return write(tmp_path)


def ending_with(engine, error):
    """The engine's `run`, which raises an error after the first training."""
    run = type(engine).run

    def run_one(jobs, on_event, stop, **options):
        run(engine, [next(iter(jobs))], on_event, stop, **options)
        raise error

    return run_one


def test_a_lost_engine_ends_the_launch_and_what_it_had_recorded_is_published(
    grid, launched, engine, runs, monkeypatch
):
    with monkeypatch.context() as broken:
        broken.setattr(engine, "run", ending_with(engine, EngineLost("the head is gone")))
        outcome, printed = launched(grid)
    assert (outcome.exit_code, outcome.num_done, outcome.num_left) == (1, 2, 2)
    assert outcome.engine_error == "the head is gone" and not outcome.may_continue
    assert "the head is gone" in printed and "To resume: sweeper launch s.yaml" in printed
    assert [state for _, state in runs()] == ["FINISHED"] * 2
    outcome, _ = launched(grid)
    assert outcome.exit_code == 0 and len(engine.trained) == 2


def test_a_second_signal_ends_the_round_and_what_was_recorded_is_published_later(
    grid, launched, engine, runs, monkeypatch
):
    with monkeypatch.context() as broken:
        broken.setattr(engine, "run", ending_with(engine, KeyboardInterrupt()))
        outcome, _ = launched(grid)
    assert (outcome.num_done, outcome.num_left) == (2, 2)
    outcome, _ = launched(grid)
    assert outcome.exit_code == 0 and len(engine.trained) == 2
    assert [state for _, state in runs()] == ["FINISHED"] * 4


def test_without_mlflow_at_the_end_the_reason_stands_in_place_of_the_table(
    grid, launched, monkeypatch
):
    def unreachable(*args, **options):
        raise TrackingError("the MLflow server cannot be reached")

    monkeypatch.setattr(reader, "read_store", unreachable)
    outcome, printed = launched(grid)
    assert outcome.study is None and outcome.num_done == 4
    assert "no table: the MLflow server cannot be reached" in printed


def test_a_damaged_record_is_made_again_by_the_launch_that_finds_it(
    grid, launched, engine, tmp_path, empty_database
):
    launched(grid)
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())  # nothing is published
    record = next(tmp_path.glob("sweep_store/trainings/*/milestone-000000000010-*"))
    record.write_bytes(record.read_bytes()[:-1])
    assert len(engine.trained) == 2
    outcome, _ = launched(grid)
    assert (outcome.exit_code, outcome.num_done) == (0, 4)
    assert engine.trained[2:] == [record.parent.name]


def test_a_retry_of_a_search_is_refused(tmp_path):
    grid = write(
        tmp_path,
        axes={"iterations": [10], "learning_rate": [1e-3, 1e-4]},
        search={"trainings": 2},
    )
    settings = default_settings(tmp_path)
    with pytest.raises(UsageError, match="--retry: a search counts a diverged point"):
        open_source(grid, type(settings)(**{**vars(settings), "retry": "all"}))
