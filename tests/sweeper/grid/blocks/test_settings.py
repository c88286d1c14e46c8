"""The blocks `evaluation` and `select`."""

from sweeper.grid import Grid, load_grid
from sweeper.grid.blocks.settings import Select
from tests.sweeper.grid.conftest import MINIMAL


def test_a_test_report_takes_a_test_split(mistakes, write) -> None:
    evaluation = "evaluation: {report: test, split: {test: 0}}\n"
    assert "needs a test split" in mistakes(MINIMAL + evaluation)[0]
    grid = load_grid(write(MINIMAL + "evaluation: {report: test}\n"))
    assert grid.evaluation.test_fraction == 0.1


def test_the_smallest_wins_where_less_is_better(write) -> None:
    asked = "evaluation: {measures: [mutual_info_score]}\nselect: {by: mutual_info_score}\n"
    assert load_grid(write(MINIMAL + asked)).select.direction == "min"


def test_the_report_of_a_selection_changes_no_id():
    plain = Grid(datasets="dsprites", models="vae", axes={"iterations": 10}, seeds=[0, 1])
    other = plain.model_copy(update={"select": Select(report="all_seeds")})
    assert plain.requested() == other.requested()
