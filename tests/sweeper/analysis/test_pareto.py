"""Pareto fronts: which configurations are on them, and how they are shown."""

import csv
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.analysis.pareto import front, front_json, non_dominated
from sweeper.errors import ResultsError, UsageError
from sweeper.figures.pareto_front import save_front
from sweeper.tables.pages.front import front_page
from sweeper.tables.render import PAGES
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

BOTH = {"cbd": "max", "valid/recon": "min"}


def test_a_front_by_hand() -> None:
    """Large first number and small second: (3, 5), (2, 2), (1, 1); the rest is beaten."""
    values = np.array([[3, 5], [2, 2], [1, 1], [2, 3], [1, 5], [0, 1]], float)
    kept = non_dominated(values, ("max", "min"))
    assert kept.tolist() == [True, True, True, False, False, False]


def test_equal_points_are_on_the_front_together() -> None:
    assert non_dominated(np.array([[1.0, 1.0], [1.0, 1.0]]), ("max", "max")).all()


numbers = st.integers(0, 5)


@given(
    st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=20),
    st.tuples(*[st.sampled_from(["max", "min"])] * 3),
)
def test_what_is_off_the_front_is_beaten_by_what_is_on_it(rows, directions) -> None:
    values = np.array(rows, float)
    kept = non_dominated(values, directions)
    gains = values * [1 if direction == "max" else -1 for direction in directions]

    def beats(one, other):
        return (one >= other).all() and (one > other).any()

    assert not any(beats(one, other) for one, other in product(gains[kept], gains[kept]))
    for beaten in gains[~kept]:
        assert any(beats(one, beaten) for one in gains[kept])


def test_a_launched_grid_has_a_front(small) -> None:
    found = front("table7_1", BOTH, small)
    assert len(found.places) == len(small.runs)
    values = np.array([place.values for place in found.places])
    by_hand = non_dominated(values, ("max", "min"))
    assert [place.on_front for place in found.places] == by_hand.tolist()
    assert max(values[:, 0]) in [place.values[0] for place in found.best]
    assert min(values[:, 1]) in [place.values[1] for place in found.best]


def test_seeds_are_one_place_at_their_mean(new_store) -> None:
    cells = [invented.make_cell("dsprites", "vae", seed=seed) for seed in (0, 1, 2)]
    uri = new_store()
    synthetic.write_launch(uri, cells, grid="g")
    found = front("g", BOTH, uri)
    [place] = found.places
    scores = [invented.final_metrics(cell)["measure/cbd"] for cell in cells]
    assert place.values[0] == pytest.approx(np.mean(scores))
    assert (place.seeds, len(place.run_ids)) == (3, 3)


def test_directions_are_those_of_the_search_that_was_launched(new_store) -> None:
    uri = new_store()
    text = "search: {directions: {mig: max, valid/kl: min}}\n"
    synthetic.write_launch(uri, invented.small_cells(), grid="g", grid_text=text)
    found = front("g", None, uri)
    assert [metric.name for metric in found.metrics] == ["mig", "valid/kl"]
    assert found.directions == ("max", "min")
    assert [metric.name for metric in front("g", BOTH, uri).metrics] == ["cbd", "reconstruction"]


@pytest.mark.parametrize("format", PAGES)
def test_a_front_is_a_table_in_every_format(small, format: str) -> None:
    found = front("table7_1", BOTH, small)
    text = PAGES[format](front_page(found))
    assert all(place.run_ids[0] in text for place in found.best)
    plain = front_json(found)
    assert plain["configurations"] == 40 and len(plain["front"]) == len(found.best)


def test_a_figure_has_every_configuration_and_the_same_bytes_twice(small, tmp_path) -> None:
    found = front("table7_1", BOTH, small)
    first = save_front(found, tmp_path)
    before = [path.read_bytes() for path in first]
    assert [path.name for path in first] == [
        "pareto_table7_1.png",
        "pareto_table7_1.svg",
        "pareto_table7_1.csv",
    ]
    assert [path.read_bytes() for path in save_front(found, tmp_path)] == before
    rows = list(csv.DictReader(first[2].read_text().splitlines()))
    assert len(rows) == 40 and sum(row["on_front"] == "1" for row in rows) == len(found.best)


def test_what_has_no_front_is_reported(small) -> None:
    with pytest.raises(UsageError, match="needs two metrics; cbd is one"):
        front("table7_1", {"cbd": "max"}, small)
    with pytest.raises(UsageError, match='Did you mean "cbd"'):
        front("table7_1", {"cdb": "max", "mig": "max"}, small)
    with pytest.raises(ResultsError, match="no finished run of table7_1 has cbd and dcimig"):
        front("table7_1", {"cbd": "max", "dcimig": "max"}, small)
    with pytest.raises(ResultsError, match="Launched: table7_1"):
        front("table7_9", BOTH, small)
