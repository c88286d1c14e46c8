"""Launches with known true means: scores are drawn, records and runs are ordinary ones."""

import random
from dataclasses import replace

import pytest

from sweeper.ids import id_of
from tests.sweeper.launching.conftest import engine, launched, runs  # noqa: F401
from tests.sweeper.support import simulated_engine


class Truth:
    """Scores of configurations: a true mean, plus noise that is a pure function of run and seed."""

    def __init__(self) -> None:
        self.mean = lambda config: 0.5
        self.sd = 0.04
        self.salt = 0

    def score(self, config, milestone: int) -> float:
        rng = random.Random(id_of([self.salt, config.identity(), milestone]))
        return self.mean(config) + rng.gauss(0, self.sd)


@pytest.fixture
def truth(monkeypatch) -> Truth:
    found, invented = Truth(), simulated_engine.invented

    def drawn(config, milestone):
        record = invented(config, milestone)
        metrics = {"measure/cbd": found.score(config, milestone), "valid/recon": 10.0}
        metrics["latent/active"] = 5.0
        return replace(record, metrics=metrics)

    monkeypatch.setattr(simulated_engine, "invented", drawn)
    monkeypatch.setattr("sweeper.publishing.run_publisher.attach_results", lambda *given: None)
    return found
