"""The examples of own code: planned and trained together, a winner selected by an own measure."""

from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.study import read_study
from sweeper.grid import Grid
from sweeper.launching.launch import launch
from sweeper.planning.settings import default_settings
from sweeper.tables import table
from trainers.own_code.registry import use

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("own_loss.py", "own_network.py", "own_dataset.py", "own_measure.py")
FILES_OF_RESULTS = ("initial_weights.py", "adam_epsilon.py")


@pytest.mark.parametrize("name", FILES + FILES_OF_RESULTS)
def test_each_is_short(name):
    assert len((EXAMPLES / name).read_text().splitlines()) < 80


def test_together_they_train_and_the_own_measure_selects(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = Grid(
        use=[str(EXAMPLES / name) for name in FILES],
        name="own",
        datasets="helix",
        models=["vae", {"gain_vae": {"target": 5}}],
        axes={
            "network": ["mlp", "narrow"],
            "reconstruction": "gaussian",
            "learning_rate": 1e-3,
            "iterations": [20, 40],
        },
        evaluation={"measures": ["cbd", "rank_gap"], "num_points": 50},
        select={"by": "rank_gap", "min_active": 0},
        resources={"gpu": 0},
    )
    settings = default_settings()
    settings.engine = "local"
    outcome = launch(grid, settings)
    assert (outcome.exit_code, outcome.num_done) == (0, 8)
    study = read_study(settings.tracking_uri)
    scores = study.runs.set_index("run_id")["measure/rank_gap"]
    assert scores.notna().all() and scores.between(0, 1).all() and len(set(scores)) > 1
    rows = table("own", settings.tracking_uri).rows
    assert {row.model for row in rows} == {"vae", "gain_vae"}
    for row in rows:
        mine = study.runs[study.runs.model == row.model]
        assert row.winner.runs[0]["run_id"] == study.runs.run_id[mine["measure/rank_gap"].idxmax()]


def test_the_measure_is_1_for_factors_and_0_for_doubled_latents():
    source = use("own_measure.py", EXAMPLES)
    from trainers.measures import score

    factors_NK = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    assert source.digest
    found = score(factors_NK.astype(float), factors_NK, measures=["rank_gap"])
    assert found["rank_gap"] == pytest.approx(1.0)
    doubled = np.repeat(factors_NK, 2, axis=1).astype(float)
    assert score(doubled, factors_NK, measures=["rank_gap"])["rank_gap"] == pytest.approx(0.0)
