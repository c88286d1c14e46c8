"""Representations that the tests of measures share.

Shapes: N points, L latents, K factors."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from trainers.measures.shared import protocols, statistics

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def golden_points():
    """CASE -> (latents_NL, factors_NK): six representations of 6,000 points."""
    with np.load(DATA / "latents.npz", allow_pickle=False) as arrays:
        cases = {name.split("/")[0] for name in arrays.files}
        return {case: (arrays[f"{case}/latents"], arrays[f"{case}/factors"]) for case in cases}


@pytest.fixture(scope="session")
def golden_scores():
    """CASE -> {PROTOCOL/MEASURE: value}, as computed by the two reference codes."""
    return json.loads((DATA / "expected.json").read_text())["cases"]


@pytest.fixture(scope="session")
def new_golden_scores():
    """CASE -> {CODE/MEASURE: value}: the newer measures, as computed by their reference codes."""
    return json.loads((DATA / "expected_new.json").read_text())["cases"]


@pytest.fixture(scope="session")
def grid_NK():
    """A whole grid of 4 x 5 x 6 classes, ten times: factors exactly independent and uniform."""
    grid = list(itertools.product(range(4), range(5), range(6)))
    return np.array(grid * 10)


@pytest.fixture(scope="session")
def mixed():
    """Latents of mixed and noisy factors: every measure is between its limits."""
    random = np.random.default_rng(7)
    factors_NK = np.stack([random.integers(n, size=1500) for n in (2, 4, 7)], axis=1)
    mixing_KL = np.array([[1.0, 0.2, 0.0, 0.1], [0.3, 1.0, 0.1, 0.0], [0.0, 0.1, 1.0, 0.4]])
    noise_NL = 0.4 * random.standard_normal((1500, 4))
    latents_NL = factors_NK / factors_NK.max(axis=0) @ mixing_KL + noise_NL
    return latents_NL.astype(np.float32), factors_NK


@pytest.fixture
def few_samples(monkeypatch):
    """Sampled measures from so few examples that they take no time."""
    fewer = {
        name: dataclasses.replace(kept, beta_examples=(300, 100), factor_votes=(100, 50))
        for name, kept in protocols.SETTINGS.items()
    }
    monkeypatch.setattr(statistics, "SETTINGS", fewer)
