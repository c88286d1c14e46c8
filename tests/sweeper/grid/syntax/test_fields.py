"""Lists, ranges and blocks of a grid."""

import pytest

from sweeper.grid import load_grid
from tests.sweeper.grid.conftest import MINIMAL


def test_a_block_that_is_not_a_mapping_is_reported(mistakes) -> None:
    [mistake] = mistakes(MINIMAL + "evaluation: [cbd]\n")
    assert mistake.startswith("4:13 evaluation must be a mapping. Known: protocol, measures")
    [mistake] = mistakes(MINIMAL + "evaluation:\n")
    assert "has no value" in mistake


@pytest.mark.parametrize(
    ("axes", "two"),
    [
        ("learning_rate: [1e-4, 0.0001]", "1e-4 and 0.0001"),
        ("batch_size: [64, 6.4e1]", "64 and 6.4e1"),
    ],
)
def test_a_value_twice_is_one_value_and_a_warning(write, axes: str, two: str) -> None:
    grid = load_grid(write(MINIMAL.replace("100}", f"100, {axes}}}")))
    [warning] = grid.origin.warnings
    assert two in warning and "line 3: axes." in warning
    assert sorted(map(len, (grid.axes.batch_size or (1,), grid.axes.learning_rate or (1,)))) == [
        1,
        1,
    ]


def test_a_parameter_twice_is_one_value_and_a_warning(write) -> None:
    text = MINIMAL.replace("vae", "[{beta_vae: {beta: [4, 4.0, 2]}}]")
    grid = load_grid(write(text))
    assert grid.models[0].params == {"beta": (4.0, 2.0)}
    assert "4 and 4.0" in grid.origin.warnings[0]


@pytest.mark.parametrize(
    ("between", "said"),
    [
        ("{low: 2, high: 1}", "must have `low` below `high`"),
        ("{low: 0, high: 1, log: true}", "must be above 0"),
        ("{low: 1, high: 2, log: true, step: 1}", "not both"),
        ("{low: 1}", "is missing"),
        ("{low: 1, hihg: 2, high: 3}", 'Did you mean "high"'),
        ("{low: -1, high: 3}", "must be at least 0"),
        ("{low: 1, high: 3, step: x}", "is not a number"),
    ],
)
def test_ranges_that_are_none_are_rejected(mistakes, between: str, said: str) -> None:
    text = MINIMAL.replace("vae", f"[{{beta_vae: {{beta: {between}}}}}]")
    found = mistakes(text + "search: {trainings: 5}\n")
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    "between", ["{low: 1.5, high: 64}", "{low: 0, high: 64}", "{low: 1, high: 64, step: 0.5}"]
)
def test_a_range_of_batch_sizes_is_whole(mistakes, between: str) -> None:
    text = MINIMAL.replace("100", f"100, batch_size: {between}")
    assert len(mistakes(text + "search: {trainings: 5}\n")) == 1
