"""What docs/results.md measures besides the program's own tables."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.causes import GRIDS, SCORES, SEEDS, USUAL, XAVIER, cause_rows, change_of
from benchmarks.representation import described, orientation_explained
from sweeper.grid import load_grid
from sweeper.planning.plan import make_plan
from trainers.measures import score

ROOT = Path(__file__).parents[2]
FOLDERS = {"results_initial": "examples", "results_xavier": "examples"}


def factors_of_dsprites(num_points: int = 3000) -> np.ndarray:
    """(N, K): classes of random images."""
    stream = np.random.default_rng(0)
    return np.stack([stream.integers(0, n, num_points) for n in (3, 6, 40, 32, 32)], axis=1)


def test_orientation_is_explained_up_to_the_symmetry_of_each_shape() -> None:
    factors_NK = factors_of_dsprites()
    angle_N = 2 * np.pi * factors_NK[:, 2] / 40
    quarter_N2 = np.stack([np.cos(4 * angle_N), np.sin(4 * angle_N)], axis=1)
    found = orientation_explained(quarter_N2, factors_NK)
    assert found["square"] > 0.98  # a square looks the same after a quarter of a turn
    assert found["ellipse"] < 0.1 and found["heart"] < 0.1
    whole_N2 = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
    assert min(orientation_explained(whole_N2, factors_NK).values()) > 0.98


def test_each_factor_has_the_correlation_of_its_best_latent() -> None:
    factors_NK = factors_of_dsprites()
    mu_NL = np.stack([-factors_NK[:, 3], factors_NK[:, 1]], axis=1).astype(float)
    found = described(SimpleNamespace(mu_NL=mu_NL, factors_NK=factors_NK))
    assert found["pcc posX"] == found["pcc scale"] == 1
    assert found["pcc posY"] < 0.1 and found["pcc shape"] < 0.1


@pytest.mark.parametrize("epsilon", [None, "", float("nan"), 1e-8])
def test_a_run_without_a_change(epsilon: object) -> None:
    assert change_of({**USUAL, "param/epsilon": epsilon}) == ("", "")


@pytest.mark.parametrize("change", [("network", "cnn"), ("param/epsilon", 1e-4)])
def test_the_change_of_a_run_is_found(change: tuple[str, object]) -> None:
    assert change_of(USUAL | dict([change])) == change


def test_two_changes_are_refused() -> None:
    with pytest.raises(ValueError, match="run 17 differs in .*network.*latent_dim"):
        change_of({**USUAL, "latent_dim": 6, "network": "cnn", "run_id": "17"})


def asked_runs(grids: Collection[str] = GRIDS) -> Iterator[tuple[str, str, str, str]]:
    """(setting, value, seed, iterations) of each run of the grids, as in causes.csv."""
    for name in grids:
        plan = make_plan(load_grid(ROOT / FOLDERS.get(name, "grids") / f"{name}.yaml"))
        for cell in plan.cells:
            epsilon = {"param/epsilon": cell.config.params.get("epsilon")}
            changed, value = change_of({**vars(cell.config), **epsilon})
            yield changed, str(value), str(cell.config.seed), str(cell.iterations)


def test_every_run_of_the_grids_has_at_most_one_change_and_every_setting_is_changed() -> None:
    assert {changed for changed, *_ in asked_runs()} == {"", *USUAL}


@pytest.mark.parametrize(
    ("name", "grids"), [("causes", GRIDS), ("seeds", [SEEDS]), ("xavier", [XAVIER])]
)
def test_the_page_has_a_row_for_every_run_that_the_grids_ask_for(name, grids) -> None:
    with (ROOT / "docs" / "results" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = [tuple(row[k] for k in ("changed", "value", "seed", "iterations")) for row in rows]
    assert sorted(found) == sorted(asked_runs(grids))


def test_rows_are_of_finished_runs_of_these_grids_unchanged_ones_first() -> None:
    factors_NK = factors_of_dsprites(400)
    latents = SimpleNamespace(mu_NL=factors_NK.astype(float), factors_NK=factors_NK)
    run = USUAL | dict.fromkeys(SCORES, 0.5) | {"seed": 0, "iterations": 10, "status": "finished"}
    runs = [
        {**run, "run_id": "a", "grids": "results_initial,another", "network": "cnn"},
        {**run, "run_id": "f", "grids": "results_causes", "seed": 1},
        {**run, "run_id": "b", "grids": "results_causes", "iterations": 20},
        {**run, "run_id": "c", "grids": "results_causes"},
        {**run, "run_id": "d", "grids": "results_causes", "status": "unfinished"},
        {**run, "run_id": "e", "grids": "another"},
    ]
    study = SimpleNamespace(rows=runs, latents=lambda run_id: latents)
    rows = [(row["changed"], row["seed"], row["iterations"]) for row in cause_rows(study)]
    assert rows == [("", 0, 10), ("", 0, 20), ("", 1, 10), ("network", 0, 10)]
    assert len(cause_rows(study, ["another"])) == 2


def test_latents_that_are_not_active_are_left_out_of_one_column() -> None:
    factors_NK = factors_of_dsprites(400)
    noise_NL = np.random.default_rng(1).normal(size=(400, 3)) * 1e-3  # encodes nothing
    mu_NL = np.hstack([factors_NK.astype(float), noise_NL])
    run = USUAL | dict.fromkeys(SCORES, 0.5) | {"seed": 0, "iterations": 10, "status": "finished"}
    [row] = cause_rows(
        SimpleNamespace(
            rows=[{**run, "run_id": "a", "grids": "results_causes"}],
            latents=lambda run_id: SimpleNamespace(mu_NL=mu_NL, factors_NK=factors_NK),
        )
    )
    wanted = score(factors_NK.astype(float), factors_NK, measures=["cbd"])["cbd"]
    assert row["cbd of active latents"] == pytest.approx(wanted, abs=1e-4)
    assert score(mu_NL, factors_NK, measures=["cbd"])["cbd"] < wanted - 0.1
