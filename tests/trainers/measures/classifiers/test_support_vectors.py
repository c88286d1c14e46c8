"""One-dimensional linear support vector classifiers against scikit-learn's."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from trainers.measures.classifiers import support_vectors


def reference(values_N: np.ndarray, classes_N: np.ndarray) -> LinearSVC:
    """The classifier that disentanglement_lib fits, solved further."""
    model = LinearSVC(C=0.01, class_weight="balanced", dual=False, tol=1e-10)
    return model.fit(values_N[:, None], classes_N)


def made_points(num_classes: int, num_points: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """Values and unequally frequent classes."""
    random = np.random.default_rng(9)
    shares = np.arange(1.0, num_classes + 1)
    classes_N = random.choice(num_classes, size=num_points, p=shares / shares.sum())
    noise_N = random.standard_normal(num_points)
    return 1.5 * classes_N / num_classes - 0.4 + 0.3 * noise_N, classes_N


@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_coefficients_are_those_of_scikit_learn(num_classes):
    values_N, classes_N = made_points(num_classes)
    model = reference(values_N, classes_N)
    problems = support_vectors._OneVersusRest(values_N, classes_N, num_classes, ridge=1.0)
    slopes, intercepts = support_vectors._minimised(problems)
    assert slopes == pytest.approx(model.coef_[:, 0], abs=1e-6)
    assert intercepts == pytest.approx(model.intercept_, abs=1e-6)


@pytest.mark.parametrize("exponent", [-6, 0, 5])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_accuracy_is_that_of_scikit_learn_at_any_scale(num_classes, exponent):
    """Values in their own scale there, divided by a power of two and its ridge here."""
    values_N, classes_N = made_points(num_classes)
    train, test = slice(0, 600), slice(600, None)
    scaled_N = values_N * 2.0**exponent
    expected = reference(scaled_N[train], classes_N[train])
    got = support_vectors.held_out_accuracy(
        values_N[train], classes_N[train], values_N[test], classes_N[test], 4.0**-exponent
    )
    assert got == expected.score(scaled_N[test, None], classes_N[test])


def test_separable_and_constant_values_end():
    classes_N = np.repeat(np.arange(3), 20)
    for values_N in (classes_N / 2.0, np.zeros(60), np.full(60, 1.0)):
        for ridge in (2.0**-40, 1.0, 2.0**40):
            got = support_vectors.held_out_accuracy(values_N, classes_N, values_N, classes_N, ridge)
            assert 1 / 3 <= got <= 1.0


def test_a_class_that_training_lacks_is_never_right():
    values_N, classes_N = made_points(3)
    got = support_vectors.held_out_accuracy(
        values_N, np.zeros(900, int), values_N, classes_N, ridge=1.0
    )
    assert got == np.mean(classes_N == 0)
