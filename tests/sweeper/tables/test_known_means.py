"""Tables of stores whose true means are known: winners, and scores of held-out seeds.

28 rows (four datasets, seven models) are as many independent sweeps; a seed's score is its
configuration's true mean plus normal noise of SD. Expected values are those of docs/winners.md and
of the expected maximum of n normal values; limits are three or more standard errors of 28 rows."""

import math
import random

import numpy as np
import pytest

from sweeper.tables import table
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

SD = 0.04
ROWS = 28
MAX_OF_36, MAX_OF_12 = 2.118, 1.629  # expected, in standard deviations


def stored_table(new_store, num_rates, seeds, spread=0.0):
    """Six batch sizes by num_rates learning rates, true means 0.5 with a standard deviation of
    `spread`: the table, and the true means (rows, configurations) as {row: {settings: mean}}."""
    truth: dict = {}

    def drawn(cell, metrics):
        row, settings = (
            (cell["dataset"], cell["label"]),
            (cell["batch_size"], cell["learning_rate"]),
        )
        mean = 0.5 + random.Random(str((row, settings))).gauss(0, spread)
        truth.setdefault(row, {})[settings] = mean
        score = mean + random.Random(cell["run_id"]).gauss(0, SD)
        return {"measure/cbd": score, "valid/recon": 10.0, "latent/active": 5.0}

    cells = invented.thesis_cells(
        datasets=tuple(invented.FACTORS),
        batch_sizes=(16, 32, 48, 64, 80, 96),
        learning_rates=[10.0**-k for k in range(2, 2 + num_rates)],
        iterations=(1_000,),
        betas=(4.0,),
        seeds=seeds,
    )
    uri = new_store()
    synthetic.write_launch(uri, cells, grid="mine", change=drawn, artifacts=False)
    return table("mine", uri), truth


def chosen_mean(row, truth):
    first = row.winner.first
    return truth[row.dataset, row.model][first["batch_size"], first["learning_rate"]]


def test_the_best_of_36_by_one_seed_is_too_high_by_the_expected_maximum(new_store):
    found, truth = stored_table(new_store, num_rates=6, seeds=(0,))
    errors = [row.winner.value - chosen_mean(row, truth) for row in found.rows]
    assert len(errors) == ROWS
    assert np.mean(errors) == pytest.approx(MAX_OF_36 * SD, abs=0.010)


def test_among_36_that_differ_the_best_is_found_in_44_of_100_and_is_0_044_too_high(new_store):
    found, truth = stored_table(new_store, num_rates=6, seeds=(0,), spread=0.06)
    errors = [row.winner.value - chosen_mean(row, truth) for row in found.rows]
    assert np.mean(errors) == pytest.approx(0.044, abs=0.02)
    best = [
        chosen_mean(row, truth) == max(truth[row.dataset, row.model].values()) for row in found.rows
    ]
    assert np.mean(best) == pytest.approx(0.44, abs=3 * math.sqrt(0.44 * 0.56 / ROWS))


def test_held_out_seeds_give_the_true_mean_where_the_seeds_that_chose_do_not(new_store):
    found, truth = stored_table(new_store, num_rates=2, seeds=(0, 1, 2))
    assert found.is_held_out and len(found.rows) == ROWS
    printed = [row.values["cbd"].mean - 0.5 for row in found.rows]
    error = SD / math.sqrt(3 * ROWS)
    assert abs(np.mean(printed)) < 3 * error
    selected = [row.winner.value - 0.5 for row in found.rows]
    assert np.mean(selected) == pytest.approx(MAX_OF_12 * SD / math.sqrt(3), abs=0.010)
    assert np.mean(selected) > 6 * error
