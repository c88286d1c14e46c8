"""A search from its first proposal to its table, on an engine that trains nothing."""

import json
from functools import partial
from pathlib import Path

import pytest
import yaml

from search_spaces.samplers import TrialState, read_trials
from sweeper.errors import UsageError
from sweeper.grid import Grid, load_grid
from sweeper.launching import round as rounds
from sweeper.launching.budget import open_budget
from sweeper.launching.forecast import forecast
from sweeper.launching.status import status_of_grid
from sweeper.planning.settings import default_settings
from sweeper.tracking.reading.reader import read_store

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


def grid(folder: Path, **changes) -> Grid:
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(SEARCH | changes))
    return load_grid(path)


def test_a_search_is_published_and_tabled_and_a_killed_one_resumes(
    engine, launched, runs, tmp_path
) -> None:
    asked = grid(tmp_path)
    engine.milestones = 4
    first, _ = launched(asked)
    engine.milestones = 10**9
    status = status_of_grid(asked, default_settings())
    assert not status.complete
    second, printed = launched(asked)
    assert second.exit_code == 0, printed
    tried = read_trials(tmp_path / "sweep_store" / "studies" / "s" / "dsprites.journal")
    assert len(tried) == 6 and TrialState.OPEN not in {one.state for one in tried}
    assert any(one.state == TrialState.PRUNED for one in tried)
    stored = runs()
    assert len(stored) == len({run for run, _ in stored}) == sum(len(o.reported) for o in tried)
    assert {state for _, state in stored} == {"FINISHED"}
    [plan] = [newest.cells for newest in read_store("sqlite:///mlflow.db").launches]
    assert {cell["run_id"] for cell in plan} == {run for run, _ in stored}
    done = len(stored)
    assert (
        f"{done} of {done} runs done." in printed
        and "best cbd" in printed
        and "6 points" in printed
    )
    assert status_of_grid(asked, default_settings()).complete
    before = list(engine.trained)
    third, printed = launched(asked)
    assert engine.trained == before and third.exit_code == 0
    assert f"{done} of {done} runs done." in printed


def test_a_grid_of_what_a_search_found_is_done_and_warms_another_search(
    engine, launched, runs, tmp_path
) -> None:
    launched(grid(tmp_path))
    tried = read_trials(tmp_path / "sweep_store" / "studies" / "s" / "dsprites.journal")
    best = max((one for one in tried if one.state == TrialState.DONE), key=lambda one: one.values)
    model = {"beta_vae": {"beta": best.point["beta"]}} if "beta" in best.point else "l_vae"
    axes = {"iterations": [10, 20], "learning_rate": best.point["learning_rate"]}
    plain = {key: value for key, value in SEARCH.items() if key != "search"}
    (tmp_path / "g.yaml").write_text(yaml.safe_dump(plain | {"models": [model], "axes": axes}))
    plan = forecast(load_grid(tmp_path / "g.yaml"), default_settings()).to_json()
    assert (plan["runs"], plan["reused"], plan["steps_to_run"]) == (2, 2, 0)
    _, printed = launched(grid(tmp_path, name="again"))
    whole = sum(one.state == TrialState.DONE for one in tried)
    assert f"results of this space taken over from MLflow: {whole}" in printed


def test_a_budget_says_what_was_left_out(engine, launched, runs, tmp_path, monkeypatch) -> None:
    asked = grid(tmp_path, budget={"hours": 1})
    ticks = iter(range(0, 10**9, 300))  # five minutes from one look at the clock to the next
    opened = partial(open_budget, clock=lambda: float(next(ticks)))
    monkeypatch.setattr(rounds, "open_budget", opened)
    outcome, printed = launched(asked)
    assert outcome.exit_code == 1
    assert "the budget of 1 hours is used up" in printed and "trainings were left out" in printed
    again, printed = launched(asked)
    assert again.exit_code == 1 and "left out" in printed


def test_a_search_of_which_all_fails_is_one_line_and_exit_1(
    engine, launched, runs, tmp_path
) -> None:
    engine.fails = True
    outcome, printed = launched(grid(tmp_path))
    assert outcome.exit_code == 1
    assert "no more are proposed: the first 5 points failed, and none succeeded" in printed
    assert "5 times: no memory" in printed


def test_what_mlflow_lost_of_a_search_is_published_again(
    engine, launched, runs, tmp_path, empty_database
) -> None:
    asked = grid(tmp_path)
    launched(asked)
    stored, trained = set(runs()), list(engine.trained)
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    outcome, printed = launched(asked)
    assert outcome.exit_code == 0, printed
    assert engine.trained == trained and set(runs()) == stored


def test_what_mlflow_lost_of_its_failures_is_published_again(
    engine, launched, runs, tmp_path, empty_database
) -> None:
    engine.fails = True
    asked = grid(tmp_path)
    launched(asked)
    stored = set(runs())
    assert len(stored) == 10 and {status for _, status in stored} == {"FAILED"}
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    launched(asked)
    assert set(runs()) >= stored


def test_a_changed_space_is_one_line_and_exit_2(engine, launched, runs, tmp_path) -> None:
    launched(grid(tmp_path))
    axes = SEARCH["axes"] | {"iterations": [10, 30]}
    with pytest.raises(UsageError, match="begun with another space .*iterations was") as caught:
        launched(grid(tmp_path, axes=axes))
    assert caught.value.exit_code == 2 and "Give the grid another `name`" in str(caught.value)


def test_the_plan_of_a_search_is_an_upper_bound_with_a_price(
    engine, launched, runs, tmp_path
) -> None:
    asked = grid(tmp_path)
    before = forecast(asked, default_settings()).to_json()
    assert (before["trainings"], before["runs"], before["steps_to_run"]) == (6, 12, 120)
    assert before["estimate"]["hours"] > 0
    launched(asked)
    after = forecast(asked, default_settings())
    assert after.to_json()["steps_to_run"] == 0 and after.to_json()["estimate"]["hours"] == 0
    assert json.dumps(after.to_json())
    assert any("6 of 6 points proposed" in line for line in after.lines)
