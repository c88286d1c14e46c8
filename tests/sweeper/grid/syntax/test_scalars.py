"""Numbers, booleans and texts of a grid, in every spelling of YAML."""

import pytest

from sweeper.grid import load_grid
from tests.sweeper.grid.conftest import MINIMAL


@pytest.mark.parametrize(
    ("given", "value"),
    [("1e-4", 1e-4), ("1.0e-4", 1e-4), ("'1e-4'", 1e-4), ("1_0e-5", 1e-4), (".0001", 1e-4)],
)
def test_numbers_are_read_in_every_spelling(write, given: str, value: float) -> None:
    text = MINIMAL.replace("100}", f"100, learning_rate: {given}}}")
    assert load_grid(write(text)).axes.learning_rate == (value,)


@pytest.mark.parametrize("given", ["50_000", "5e4", "50000.0", "+50000"])
def test_whole_numbers_are_read_in_every_spelling(write, given: str) -> None:
    assert load_grid(write(MINIMAL.replace("100", given))).axes.iterations == (50_000,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (".nan", "not a finite number"),
        ("-.inf", "not a finite number"),
        ("1e999", "not a finite number"),
        ("yes", "boolean"),
        ("~", "has no value"),
        ("0x10", "not a number"),
        ("1:30", "not a number"),
        ("9" * 5000, "not a number"),
        ("9" * 40, "is too large"),
        ("{a: 1}", "is a mapping"),
        ("[[1]]", "is a list"),
    ],
)
def test_values_that_are_not_iteration_counts_are_rejected(mistakes, given: str, said: str) -> None:
    [mistake] = mistakes(MINIMAL.replace("100", given))
    assert said in mistake


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "True", "FALSE"])
def test_words_that_yaml_reads_as_booleans_are_reported(mistakes, write, word: str) -> None:
    [mistake] = mistakes(MINIMAL + f"experiment: {word}\n")
    assert "put it in quotes" in mistake
    assert load_grid(write(MINIMAL + f"experiment: '{word}'\n")).experiment == word
    assert load_grid(write(MINIMAL + f"sharing: {word}\n")).sharing in (True, False)
