"""The tag that the seeds of one configuration share, for MLflow's "Group by"."""

import sqlite3
from dataclasses import replace

import pytest
import yaml

from sweeper.grid import load_grid
from sweeper.planning.plan import make_plan
from sweeper.publishing.runs import configuration_name
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import stored_runs

GRID = {
    "name": "g",
    "datasets": "dsprites",
    "models": ["vae", {"beta_vae": {"beta": 4}}],
    "axes": {"iterations": [10, 20], "learning_rate": 1e-3},
    "evaluation": {"measures": ["cbd"]},
    "seeds": 3,
}
URI = "sqlite:///mlflow.db"


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    monkeypatch.setattr("sweeper.reports.grid_report.FIGURES", {})


def write(folder, **changes):
    (folder / "g.yaml").write_text(yaml.safe_dump(GRID | changes))
    return load_grid(folder / "g.yaml")


def groups(tags):
    """{the tag: seeds of its runs}"""
    found: dict[str, set[str]] = {}
    for run in tags:
        found.setdefault(run.tags[layout.CONFIGURATION], set()).add(run.params["seed"])
    return found


def test_the_runs_of_all_seeds_share_it_and_no_other_run_does(launched, tmp_path):
    _, printed = launched(write(tmp_path))
    found = groups(stored_runs(URI).values())
    assert len(found) == 4  # models x iterations
    assert set(map(frozenset, found.values())) == {frozenset("012")}
    assert all("seed" not in name for name in found)
    assert "over 3 seeds: sweeper ui, Group by, sweeper.configuration." in printed


def test_one_seed_has_nothing_to_group(launched, tmp_path):
    _, printed = launched(write(tmp_path, seeds=1))
    assert "Group by" not in printed


def test_a_store_without_it_gets_it_at_the_next_launch(launched, tmp_path):
    launched(write(tmp_path))
    before = stored_runs(URI)
    with sqlite3.connect("mlflow.db") as store:
        store.execute(f"DELETE FROM tags WHERE key = '{layout.CONFIGURATION}'")
    outcome, _ = launched(write(tmp_path))
    assert outcome.num_done == 12 and outcome.plan.steps_to_run == 0
    after = stored_runs(URI)
    assert {run: r.tags for run, r in after.items()} == {run: r.tags for run, r in before.items()}
    with sqlite3.connect("mlflow.db") as store:
        dump = list(store.iterdump())
    launched(write(tmp_path))
    with sqlite3.connect("mlflow.db") as store:
        assert list(store.iterdump()) == dump


def test_every_setting_but_the_seed_makes_another_configuration(tmp_path):
    config = make_plan(write(tmp_path)).trainings[0].config
    name = configuration_name(config, 10)
    assert configuration_name(replace(config, seed=9), 10) == name
    for other in (
        replace(config, network="cnn"),
        replace(config, latent_dim=9),
        replace(config, learning_rate=0.5),
        replace(config, evaluation=replace(config.evaluation, num_points=7)),
        replace(config, code={"model": "0123"}),
        replace(config, params={"beta": 3.0}),
    ):
        assert configuration_name(other, 10) != name
    assert configuration_name(config, 20) != name
