"""The expected best of n: by hand, and against every subset."""

from itertools import combinations
from statistics import fmean

import pytest

from sweeper.analysis.population import launched
from sweeper.analysis.study import read_study
from sweeper.figures.best_of_n import compute_best_of_n, expected_best
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

VALUES = [0.3, 0.1, 0.7, 0.4, 0.2]


@pytest.mark.parametrize("n", range(1, 6))
def test_it_is_the_mean_best_of_all_subsets(n):
    best = fmean(max(some) for some in combinations(VALUES, n))
    worst = fmean(min(some) for some in combinations(VALUES, n))
    assert expected_best(VALUES)[n - 1] == pytest.approx(best)
    assert expected_best(VALUES, lower_is_better=True)[n - 1] == pytest.approx(worst)


def test_a_training_counts_once_with_its_best_milestone(new_store):
    uri, cells = new_store(), invented.small_cells()[:8]  # two trainings of four milestones
    synthetic.write_launch(uri, cells, grid="mine", artifacts=False)
    [curve] = compute_best_of_n(launched(read_study(uri), "mine")).curves
    scores = {}
    for cell in cells:
        value = invented.final_metrics(cell)["measure/cbd"]
        scores.setdefault(cell["training_id"], []).append(value)
    best = [max(values) for values in scores.values()]
    assert curve.expected_S == pytest.approx((fmean(best), max(best)))
