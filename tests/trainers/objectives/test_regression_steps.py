"""Twenty steps of each objective compared with values that this code gave before.

These are not known answers (test_losses_by_hand.py and test_stationary_points.py hold those): they
notice a refactor that changes numbers. Written with torch 2.13 on an x86-64 CPU; other builds may
sum in another order, hence the tolerance. To accept changed numbers:
`python tests/trainers/objectives/test_regression_steps.py`, with a line in CHANGELOG.md."""

import json
from pathlib import Path

import pytest

from trainers.objectives import OBJECTIVES

STORED = Path(__file__).with_name("regression_steps.json")


def losses(toy) -> list[float]:
    return [toy.step() for _ in range(20)]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_twenty_steps(toys, name: str) -> None:
    toy = toys.Toy(name)
    stored = json.loads(STORED.read_text())[name]
    assert losses(toy) == pytest.approx(stored["loss"], rel=2e-5)
    assert toy.logged() == pytest.approx(stored["logged"], rel=2e-5, abs=1e-6)


def test_values_are_stored_for_every_objective_only() -> None:
    assert list(json.loads(STORED.read_text())) == list(OBJECTIVES)


if __name__ == "__main__":
    from tests.trainers.objectives.conftest import Toy

    found = {}
    for model in OBJECTIVES:
        training = Toy(model)
        found[model] = {"loss": losses(training), "logged": training.logged()}
    STORED.write_text(json.dumps(found, indent=1) + "\n")
