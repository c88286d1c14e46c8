"""Of which milestone the weights are kept: the one that selection takes of a training."""

import math

import numpy as np
import pytest

from trainers.config import KeepRule
from trainers.saving.records import Milestone
from trainers.saving.weights import NO_CANDIDATE, selection_value

CBD = KeepRule("measure/cbd", min_active=1)


def milestone(cbd=0.5, recon=10.0, iteration=100, **metrics):
    empty = np.zeros((0, 1))
    values = {"measure/cbd": cbd, "valid/recon": recon, **metrics}
    return Milestone(iteration, values, (), empty, empty, empty, empty, empty[:, 0], {})


def value(rule=CBD, **given):
    return selection_value(milestone(**given), rule)


def test_the_better_score_then_the_lower_reconstruction():
    assert value(cbd=0.6, recon=99.0) > value(cbd=0.5)
    assert value(recon=9.0) > value(recon=10.0)


def test_a_loss_is_better_lower_and_so_is_whatever_the_grid_says():
    recon = KeepRule("valid/recon", lower_is_better=True)
    assert value(recon, recon=9.0) > value(recon, recon=10.0)
    assert value(KeepRule("measure/cbd", lower_is_better=True), cbd=0.1) > value(
        KeepRule("measure/cbd", lower_is_better=True), cbd=0.2
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_no_candidate(bad):
    assert value(cbd=bad) == NO_CANDIDATE


def test_a_collapsed_representation_is_no_candidate_unless_admitted():
    collapsed = {"cbd": 0.9, "latent/active": 0.0}
    assert value(**collapsed) == NO_CANDIDATE < value(cbd=0.1, **{"latent/active": 1.0})
    assert value(KeepRule("measure/cbd"), **collapsed) > value(KeepRule("measure/cbd"), cbd=0.1)


def test_the_last_milestone_whatever_its_score():
    last = KeepRule("measure/cbd", last_only=True)
    assert value(last, cbd=0.1, iteration=200) > value(last, cbd=0.9, iteration=100)
