"""One-dimensional decision trees against scikit-learn's."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from trainers.measures.classifiers import trees


def made_points(case: str) -> tuple[np.ndarray, np.ndarray]:
    """(values, ascending; classes)."""
    random = np.random.default_rng(5)
    classes_N = random.integers(12, size=700)
    noise_N = random.standard_normal(700)
    values_N = {
        "noisy": classes_N / 12 + 0.2 * noise_N,
        "noise": noise_N,
        "few values": random.integers(9, size=700) / 8,
        "nearly equal values": 0.5 + 1e-7 * random.integers(6, size=700),
        "constant": np.full(700, 0.25),
        "one class": classes_N / 12 + 0.2 * noise_N,
    }[case].astype(np.float32)
    if case == "one class":
        classes_N = np.zeros_like(classes_N)
    order_N = np.argsort(values_N, kind="stable")
    return values_N[order_N], classes_N[order_N]


CASES = pytest.mark.parametrize(
    "case", ["noisy", "noise", "few values", "nearly equal values", "constant", "one class"]
)


@CASES
def test_every_depth_is_the_tree_of_scikit_learn(case):
    values_N, classes_N = made_points(case)
    asked_N = np.random.default_rng(6).permutation(values_N)
    for depth, (cuts, predicted_M, _) in enumerate(trees._levels(values_N, classes_N, 9), start=1):
        tree = DecisionTreeClassifier(max_depth=depth).fit(values_N[:, None], classes_N)
        thresholds = tree.tree_.threshold[tree.tree_.feature >= 0]
        assert cuts.tolist() == sorted(thresholds), depth
        got = predicted_M[np.searchsorted(cuts, asked_N)]
        assert got.tolist() == tree.predict(asked_N[:, None]).tolist(), depth


@CASES
def test_the_chosen_depth_is_that_of_a_grid_search(case):
    values_N, classes_N = made_points(case)
    back = np.random.default_rng(7).permutation(len(values_N))
    search = GridSearchCV(
        DecisionTreeClassifier(), {"max_depth": range(1, 10)}, cv=StratifiedKFold(10)
    ).fit(values_N[back, None], classes_N[back])
    folds_N = np.empty_like(back)
    folds_N[back] = trees.stratified_folds(classes_N[back])
    got = trees.cross_validated_accuracy(values_N, classes_N, folds_N)
    assert got == search.score(values_N[:, None], classes_N)


def test_folds_are_those_of_scikit_learn():
    random = np.random.default_rng(8)
    classes_N = random.choice(5, size=403, p=[0.1, 0.2, 0.4, 0.25, 0.05])
    folds_N = trees.stratified_folds(classes_N)
    splits = StratifiedKFold(10).split(classes_N, classes_N)
    for fold, (_, held_out) in enumerate(splits):
        assert np.flatnonzero(folds_N == fold).tolist() == held_out.tolist()
