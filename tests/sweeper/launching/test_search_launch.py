"""A launch of a search from its first question to its table, with an engine that trains nothing."""

import contextlib
import json
import math
import sqlite3
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from rich.console import Console

from search_spaces.samplers import TrialState, read_trials
from sweeper.engine.jobs import TrainingEvent
from sweeper.errors import UsageError
from sweeper.grid import Grid, load_grid
from sweeper.launching import launch as launching
from sweeper.launching import round as rounds
from sweeper.launching.budget import open_budget
from sweeper.launching.forecast import forecast
from sweeper.launching.launch import launch
from sweeper.launching.outcome import Outcome
from sweeper.launching.status import status_of_grid
from sweeper.launching.summary import closing_lines
from sweeper.planning.settings import default_settings
from sweeper.store.folders import open_folder
from sweeper.tracking.reading.reader import read_store
from trainers.config import TrainingConfig
from trainers.config_checks import parse_config
from trainers.saving.records import Milestone, find_records, write_milestone

SEARCH = {
    "name": "s",
    "datasets": "dsprites",
    "models": ["l_vae", {"beta_vae": {"beta": {"low": 0.5, "high": 8, "log": True}}}],
    "axes": {
        "iterations": [10, 20],
        "learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    },
    "evaluation": {"measures": ["cbd"]},
    "search": {"sampler": "tpe", "pruner": "asha", "trainings": 6},
}


class Engine:
    """Writes the records of each training; `milestones`: after so many it is killed."""

    def __init__(self) -> None:
        self.milestones = 10**9
        self.trained: list[str] = []
        self.fails = False

    def __call__(self, jobs, on_event, stop, *, should_stop, **_) -> None:
        for job in jobs:
            self.trained.append(job.training_id)
            if self.fails:
                on_event(TrainingEvent(job.training_id, "failed", reason="no memory"))
                continue
            config = parse_config(job.config)
            folder = open_folder(job.store, job.training_id)
            known = find_records(folder).milestones
            for milestone in [m for m in config.milestones if m not in known]:
                if not self.milestones:
                    stop.set()
                    return
                self.milestones -= 1
                record = made(config, milestone)
                name = write_milestone(folder, record)
                last = milestone == config.milestones[-1]
                kind = "finished" if last else "progress"
                event = TrainingEvent(
                    job.training_id,
                    kind,
                    milestone,
                    scores=record.metrics,
                    records={milestone: name},
                )
                stops = not last and should_stop(event)
                on_event(event)
                if stops:
                    break


def made(config: TrainingConfig, milestone: int) -> Milestone:
    cbd = 0.9 - abs(math.log10(config.learning_rate) + 3) / 5 + milestone / 1000
    return Milestone(
        iteration=milestone,
        metrics={"measure/cbd": cbd, "valid/recon": 100 * cbd},
        trajectory_names=("loss/recon",),
        trajectory_ST=np.array([[1.0, 5.0], [float(milestone), 4.0]]),
        mu_NL=np.zeros((2, 5), np.float32),
        logvar_NL=np.zeros((2, 5), np.float32),
        factors_NK=np.zeros((2, 5), np.int64),
        indices_N=np.arange(2),
        about={
            "created_s": 1000.0,
            "dataset_fingerprint": "dsprites/rendered-1",
            "factor_names": ["a", "b", "c", "d", "e"],
            "factor_sizes": [3] * 5,
        },
    )


@pytest.fixture
def engine(monkeypatch, tmp_path, empty_database) -> Engine:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(
        "sweeper.tracking.writing.run_files._write_pcc", lambda path, milestone: None
    )
    for module in (launching, rounds):
        monkeypatch.setattr(module, "ray_session", lambda address: contextlib.nullcontext())
        monkeypatch.setattr(module, "raise_on_problems", lambda problems: None)
    monkeypatch.setattr(rounds, "total_gpus", lambda: 0.0)
    monkeypatch.setattr(rounds, "check_resources", lambda grid, setting: None)
    played = Engine()
    monkeypatch.setattr(rounds, "run_jobs", played)
    return played


def grid(folder: Path, **changes) -> Grid:
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(SEARCH | changes))
    return load_grid(path)


def launched(asked: Grid) -> tuple[Outcome, str]:
    setting = default_settings()
    with open("console.txt", "w+") as file:
        console = Console(file=file, width=200)
        outcome = launch(asked, setting, console)
        for line in closing_lines(outcome, asked, setting, "sweeper launch s.yaml"):
            console.print(line, markup=False, soft_wrap=True)
        file.seek(0)
        return outcome, file.read()


def runs(folder: Path) -> list[tuple[str, str]]:
    """(run id, status) of every run."""
    with sqlite3.connect(folder / "mlflow.db") as store:
        return store.execute(
            "SELECT t.value, r.status FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid "
            "WHERE t.key = 'sweeper.run_id' AND r.lifecycle_stage = 'active'"
        ).fetchall()


def test_a_search_is_published_and_tabled_and_a_killed_one_goes_on(engine, tmp_path) -> None:
    asked = grid(tmp_path)
    engine.milestones = 4
    first, _ = launched(asked)
    engine.milestones = 10**9
    status = status_of_grid(asked, default_settings())
    assert not status.complete
    second, told = launched(asked)
    assert second.exit_code == 0, told
    tried = read_trials(tmp_path / "sweep_store" / "studies" / "s" / "dsprites.journal")
    assert len(tried) == 6 and TrialState.OPEN not in {one.state for one in tried}
    assert any(one.state == TrialState.PRUNED for one in tried)
    stored = runs(tmp_path)
    assert len(stored) == len({run for run, _ in stored}) == sum(len(o.reported) for o in tried)
    assert {state for _, state in stored} == {"FINISHED"}
    [plan] = [newest.cells for newest in read_store("sqlite:///mlflow.db").launches]
    assert {cell["run_id"] for cell in plan} == {run for run, _ in stored}
    done = len(stored)
    assert f"{done} of {done} runs done." in told and "best cbd" in told and "6 points" in told
    assert status_of_grid(asked, default_settings()).complete
    before = list(engine.trained)
    third, told = launched(asked)
    assert engine.trained == before and third.exit_code == 0
    assert f"{done} of {done} runs done." in told


def test_a_grid_of_what_a_search_found_is_done_and_warms_another_search(engine, tmp_path) -> None:
    launched(grid(tmp_path))
    tried = read_trials(tmp_path / "sweep_store" / "studies" / "s" / "dsprites.journal")
    best = max((one for one in tried if one.state == TrialState.DONE), key=lambda one: one.values)
    model = {"beta_vae": {"beta": best.point["beta"]}} if "beta" in best.point else "l_vae"
    axes = {"iterations": [10, 20], "learning_rate": best.point["learning_rate"]}
    plain = {key: value for key, value in SEARCH.items() if key != "search"}
    (tmp_path / "g.yaml").write_text(yaml.safe_dump(plain | {"models": [model], "axes": axes}))
    told = forecast(load_grid(tmp_path / "g.yaml"), default_settings()).to_json()
    assert (told["runs"], told["reused"], told["steps_to_run"]) == (2, 2, 0)
    _, printed = launched(grid(tmp_path, name="again"))
    whole = sum(one.state == TrialState.DONE for one in tried)
    assert f"results of this space taken over from MLflow: {whole}" in printed


def test_a_budget_says_what_was_left_out(engine, tmp_path, monkeypatch) -> None:
    asked = grid(tmp_path, budget={"hours": 1})
    ticks = iter(range(0, 10**9, 300))  # five minutes from one look at the clock to the next
    opened = partial(open_budget, clock=lambda: float(next(ticks)))
    monkeypatch.setattr(rounds, "open_budget", opened)
    outcome, told = launched(asked)
    assert outcome.exit_code == 1
    assert "the budget of 1 hours is used up" in told and "trainings were left out" in told
    again, told = launched(asked)
    assert again.exit_code == 1 and "left out" in told


def test_a_search_of_which_all_fails_is_one_line_and_exit_1(engine, tmp_path) -> None:
    engine.fails = True
    outcome, told = launched(grid(tmp_path))
    assert outcome.exit_code == 1
    assert "no more are proposed: the first 5 points failed, and none succeeded" in told
    assert "5 times: no memory" in told


def test_what_mlflow_lost_of_a_search_is_published_again(engine, tmp_path, empty_database) -> None:
    asked = grid(tmp_path)
    launched(asked)
    stored, trained = set(runs(tmp_path)), list(engine.trained)
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    outcome, told = launched(asked)
    assert outcome.exit_code == 0, told
    assert engine.trained == trained and set(runs(tmp_path)) == stored


def test_so_are_its_failures(engine, tmp_path, empty_database) -> None:
    engine.fails = True
    asked = grid(tmp_path)
    launched(asked)
    stored = set(runs(tmp_path))
    assert len(stored) == 10 and {status for _, status in stored} == {"FAILED"}
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    launched(asked)
    assert set(runs(tmp_path)) >= stored


def test_a_changed_space_is_one_line_and_exit_2(engine, tmp_path) -> None:
    launched(grid(tmp_path))
    axes = SEARCH["axes"] | {"iterations": [10, 30]}
    with pytest.raises(UsageError, match="begun with another space .*iterations was") as told:
        launched(grid(tmp_path, axes=axes))
    assert told.value.exit_code == 2 and "Give the grid another `name`" in str(told.value)


def test_the_plan_of_a_search_is_an_upper_bound_with_a_price(engine, tmp_path) -> None:
    asked = grid(tmp_path)
    before = forecast(asked, default_settings()).to_json()
    assert (before["trainings"], before["runs"], before["steps_to_run"]) == (6, 12, 120)
    assert before["estimate"]["hours"] > 0
    launched(asked)
    after = forecast(asked, default_settings())
    assert after.to_json()["steps_to_run"] == 0 and after.to_json()["estimate"]["hours"] == 0
    assert json.dumps(after.to_json())
    assert any("6 of 6 points proposed" in line for line in after.lines)
