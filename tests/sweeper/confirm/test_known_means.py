"""Selection, held-out seeds, confirmation and race on one store of ordinary records, whose true
means are known: four models that differ, eight that are equal, twelve configurations each that are
all equal. Limits are three or more standard errors."""

import math

import numpy as np
import pytest

from sweeper.confirm.confirm import confirm, open_confirmation
from sweeper.confirm.confirmation import ConfirmOptions
from sweeper.confirm.race import RaceRules
from sweeper.confirm.result import shrinkage
from sweeper.grid import Grid
from sweeper.planning.settings import default_settings
from sweeper.tables import table

MEANS = {"l_vae": 1.1, "sigma_vae": 0.95, "vae": 0.8, "beta_vae": 0.65}
EQUAL = ("control_vae", "dynamic_vae", "mdl_vae_strong", "mdl_vae_weak")
EQUAL += ("factor_vae", "beta_tc_vae", "dip_vae_i", "dip_vae_ii")
EQUAL_MEAN = 0.5
MAX_OF_12 = 1.629  # expected maximum of twelve normal values, in standard deviations


def true_mean(label: str) -> float:
    return MEANS.get(label, EQUAL_MEAN)


@pytest.mark.slow
def test_what_is_printed_is_what_the_known_means_say(launched, truth):
    truth.mean = lambda config: true_mean(config.model)
    grid = Grid(
        name="known",
        datasets="dsprites",
        models=[*MEANS, *EQUAL],
        axes={
            "batch_size": [4, 5, 6, 7],
            "learning_rate": [1e-2, 1e-3, 1e-4],
            "iterations": 10,
        },
        seeds=3,
        evaluation={"measures": "cbd"},
    )
    launched(grid)
    settings = default_settings()

    rows = table("known", settings.tracking_uri).rows
    assert len(rows) == 12
    bias = MAX_OF_12 * truth.sd / math.sqrt(3)
    selected = [row.winner.value - true_mean(row.model) for row in rows]
    assert np.mean(selected) == pytest.approx(bias, abs=0.012)
    held_out = [row.values["cbd"].mean - true_mean(row.model) for row in rows]
    assert abs(np.mean(held_out)) < 3 * truth.sd / math.sqrt(3 * 12)

    options = ConfirmOptions(rivals=0, race=RaceRules(3, 10))
    _, found = confirm(open_confirmation(grid, settings, options), settings)
    fresh = {arm.label: found.values(arm) for arm in found.arms}
    errors = [score - true_mean(label) for label, scores in fresh.items() for score in scores]
    assert abs(np.mean(errors)) < 3 * truth.sd / math.sqrt(len(errors))
    shrunk = [shrinkage(arm, found) for arm in found.arms]
    assert np.mean(shrunk) == pytest.approx(bias, abs=0.018)

    [race] = found.races.values()
    assert [model for model, _ in race.order][:4] == list(MEANS)
    assert race.settled[:4] == (True,) * 4 and not any(race.settled[4:])
    assert {len(fresh[label]) for label in EQUAL} == {10}
    assert all(len(fresh[label]) < 10 for label in MEANS)
