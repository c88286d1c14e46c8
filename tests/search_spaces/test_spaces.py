"""Axes, grids and spaces: pure Python."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces.axes import Choice, Interval
from search_spaces.products import chain, product, size
from search_spaces.spaces import Space


def test_a_product_varies_the_last_axis_fastest() -> None:
    points = list(product({"a": [1, 2], "b": "xy"}))
    assert points == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_no_axes_give_one_point_and_an_empty_axis_gives_none() -> None:
    assert list(product({})) == [{}]
    assert list(product({"a": [], "b": [1]})) == []


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=2), st.lists(st.integers(), max_size=4), max_size=4))
def test_the_size_is_the_number_of_points(axes: dict[str, list[int]]) -> None:
    points = list(product(axes))
    assert size(axes) == len(points)
    assert all(point[name] in axes[name] for point in points for name in axes)


def test_a_chain_keeps_order_and_duplicates() -> None:
    assert list(chain([{"a": 1}], [{"a": 2}, {"a": 1}])) == [{"a": 1}, {"a": 2}, {"a": 1}]


@pytest.mark.parametrize("values", [(), (1, 1), ("a", "a")])
def test_a_choice_needs_distinct_values(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        Choice("a", values)


@pytest.mark.parametrize(
    "settings_",
    [
        {"low": 1, "high": 1},
        {"low": 0, "high": 1, "log": True},
        {"low": 1, "high": 2, "log": True, "step": 1},
        {"low": 1, "high": 2, "step": 0},
        {"low": 1, "high": 2.5, "integer": True},
    ],
)
def test_an_invalid_interval_is_refused(settings_: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Interval("a", **settings_)


def test_axes_of_a_space_have_distinct_names() -> None:
    a, b = Choice("a", (1,)), Choice("b", (1,))
    assert list(Space((a,), branches={"x": (b,), "y": (b,)}).axes("x")) == [("a", a), ("x/b", b)]
    with pytest.raises(ValueError, match="share a name"):
        Space((a,), branches={"x": (a,)})
    with pytest.raises(ValueError, match="share a name"):
        Space((a,), switch="a", branches={"x": ()})
