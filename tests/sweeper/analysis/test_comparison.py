"""How the winner changes with the score that selects."""

import math

import pytest

from sweeper.analysis.comparison import compare
from sweeper.tables.pages.comparison import agreements_page, winners_page
from sweeper.tables.render import PAGES
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def test_the_winner_changes_with_the_measure(new_store):
    """Two measures that order the models the other way round: rank correlation -1."""
    uri = new_store()
    models = ("vae", "control_vae", "dynamic_vae", "sigma_vae")
    cells = [invented.make_cell("dsprites", model) for model in models]

    def change(cell, metrics):
        place = models.index(cell["model"]) / 10
        return metrics | {"measure/cbd": place, "measure/mig": 0.9 - place, "measure/sap": 0.5}

    synthetic.write_launch(uri, cells, change=change, artifacts=False)
    found = compare(uri, by=["cbd", "mig", "sap"])
    assert [one.winners[0].first["model"] for one in found.rankings[:2]] == ["sigma_vae", "vae"]
    first = found.agreements[0]
    assert (first.spearman, first.kendall, first.n) == (pytest.approx(-1), pytest.approx(-1), 4)
    assert math.isnan(found.agreements[1].spearman)  # sap is the same everywhere
    text = PAGES["md"](winners_page(found)) + PAGES["terminal"](agreements_page(found))
    assert "VAE 0.90 \\> ControlVAE 0.80" in text and "-1.00" in text
