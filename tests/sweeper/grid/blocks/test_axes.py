"""The axes of a grid."""

import pytest

from sweeper.grid import load_grid
from tests.sweeper.grid.conftest import MINIMAL


@pytest.mark.parametrize(
    ("axes", "own", "expected"),
    [
        ("tf32: true", "{}", ("tf32",)),
        ("tf32: false", "{}", ("fp32",)),
        ("tf32: true, precision: [fp32, tf32, bf16]", "{}", ("tf32", "bf16")),
        ("tf32: true", "{tf32: false}", ("fp32",)),
        ("precision: tf32", "{}", ("tf32",)),
    ],
)
def test_tf32_is_a_precision(write, axes: str, own: str, expected: tuple[str, ...]) -> None:
    text = MINIMAL.replace("{iterations: 100}", f"{{iterations: 100, {axes}}}")
    grid = load_grid(write(text.replace("models: vae", f"models: {{vae: {{axes: {own}}}}}")))
    assert grid.axes_of(grid.models[0])["precision"] == expected
