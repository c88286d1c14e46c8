"""What launches have used, against the grid's budget."""

from dataclasses import replace

import pytest

from sweeper.errors import GridError
from sweeper.grid import Grid
from sweeper.launching.budget import open_budget
from sweeper.planning.settings import default_settings


def grid(**blocks) -> Grid:
    return Grid(datasets="dsprites", models="vae", axes={"iterations": 1}, name="g", **blocks)


def settings(folder, **changes):
    return replace(default_settings(folder), **changes)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_budget_is_money_or_says_what_it_is() -> None:
    assert grid(budget=9, price=2).budget.model_dump(exclude_none=True) == {"money": 9.0}
    both = grid(budget={"hours": 2, "gpu_hours": 5}).budget
    assert both.model_dump(exclude_none=True) == {"hours": 2.0, "gpu_hours": 5.0}
    assert grid(price={"on_demand": 2, "spot": 0.5}).price.per_gpu_hour(True) == 0.5
    assert grid(price=2).price.per_gpu_hour(True) == 2.0


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ({"budget": {"hours": 0}}, "hours"),
        ({"budget": {}}, "limits nothing"),
        ({"budget": {"days": 1}}, "days"),
        ({"price": {"spot": 1}}, "on_demand"),
        ({"price": -1}, "on_demand"),
    ],
)
def test_an_invalid_budget_or_price_is_refused(blocks, said: str) -> None:
    with pytest.raises((GridError, ValueError), match=said):
        grid(**blocks)


def test_trainings_cost_gpu_time_from_one_event_to_the_next(tmp_path, clock: Clock) -> None:
    """Two trainings on half a GPU each, for an hour."""
    spending = open_budget(grid(budget={"gpu_hours": 1.0}), settings(tmp_path), clock)
    spending.gpu = 0.5
    for clock.now in (0.0, 1800.0, 3600.0):
        assert not spending.exhausted
        spending.count_time("a")
        spending.count_time("b")
    assert spending.gpu_hours == pytest.approx(1.0)
    assert spending.exhausted == "the budget of 1 GPU-hours is used up"


def test_money_is_gpu_hours_at_the_price_that_holds(tmp_path, clock: Clock) -> None:
    asked = grid(budget={"money": 3}, price=2)
    for price, exhausted in ((None, ""), (4.0, "the budget of 3 of money is used up")):
        spending = open_budget(asked, settings(tmp_path / str(price), price=price), clock)
        spending.gpu = 1.0
        for clock.now in (0.0, 3600.0):
            spending.count_time("a")
        assert spending.exhausted == exhausted


def test_money_counts_at_the_price_of_spot_machines_where_they_are_used(tmp_path) -> None:
    asked = grid(price={"on_demand": 2, "spot": 0.5})
    assert open_budget(asked, settings(tmp_path)).rate == 2.0
    assert open_budget(asked, settings(tmp_path, spot=True)).rate == 0.5


def test_hours_are_by_the_clock(tmp_path, clock: Clock) -> None:
    spending = open_budget(grid(budget={"hours": 2}), settings(tmp_path), clock)
    clock.now = 7199.0
    assert not spending.exhausted
    clock.now = 7200.0
    assert spending.exhausted == "the budget of 2 hours is used up"


def test_the_next_launch_continues_the_count(tmp_path, clock: Clock) -> None:
    asked = grid(budget={"hours": 2, "gpu_hours": 10})
    first = open_budget(asked, settings(tmp_path), clock)
    first.gpu = 1.0
    for clock.now in (0.0, 3600.0):
        first.count_time("a")
    first.save()
    clock.now = 100_000.0
    second = open_budget(asked, settings(tmp_path), clock)
    assert (second.hours, second.gpu_hours) == (1.0, 1.0)
    clock.now += 3600
    assert second.exhausted == "the budget of 2 hours is used up"


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"hours": "x", "gpu_hours": 1}'])
def test_a_damaged_file_of_use_counts_as_none(tmp_path, text: str) -> None:
    first = open_budget(grid(), settings(tmp_path))
    first.save()
    first.path.write_text(text)
    assert open_budget(grid(), settings(tmp_path)).gpu_hours == 0
