"""Linear support vector classifiers on one feature, as scikit-learn's LinearSVC minimises them:

    (w^2 + b^2) / 2 + C sum_n s_n max(0, 1 - t_n (w x_n + b))^2,      t = +1 in the class, else -1

one class against the rest, C = 0.01, squared hinge, balanced: s_n = N / (V n_v) for the n_v points
of class v, and 1 for the rest; of two classes there is one problem, and each has its own s. The
intercept b is penalised as in LIBLINEAR. Newton's method for all classes at once: the points whose
hinge is positive are a half-line, so sums over them come from running sums over sorted values.

Shapes: N points, V classes."""

import numpy as np

_PENALTY = 0.01  # C
_TOLERANCE = 1e-14  # of the loss that a Newton step can still gain, relative to the loss
_MAX_STEPS, _MAX_HALVINGS = 100, 30
_BLOCK_DECISIONS = 1 << 20


def held_out_accuracy(
    train_N: np.ndarray,
    classes_N: np.ndarray,
    test_N: np.ndarray,
    test_classes_N: np.ndarray,
    ridge: float,
) -> float:
    """Accuracy on test points of the classifier fitted to the training points.

    train_N, test_N: values, at most about 1 in size.  classes: any integers from 0.
    ridge: factor of w^2 / 2, for values that are divided by a scale (1 / scale^2)."""
    present, ranks_N = np.unique(classes_N, return_inverse=True)
    if len(present) == 1:
        return float(np.mean(test_classes_N == present[0]))
    problems = _OneVersusRest(train_N, ranks_N, len(present), ridge)
    guessed_N = present[_decided(test_N, *_minimised(problems))]
    return float(np.mean(guessed_N == test_classes_N))


def _decided(test_N: np.ndarray, slope_V: np.ndarray, offset_V: np.ndarray) -> np.ndarray:
    """The class of the largest w x + b; the second class of two where w x + b is positive."""
    if len(slope_V) == 1:
        return (test_N * slope_V + offset_V > 0.0).astype(np.int64)
    block = max(_BLOCK_DECISIONS // len(slope_V), 1)
    parts = np.split(test_N, range(block, len(test_N), block))
    return np.concatenate([(p[:, None] * slope_V + offset_V).argmax(axis=1) for p in parts])


class _OneVersusRest:
    """The losses of all classes; moments are sums of 1, x and x^2 over sorted points."""

    def __init__(
        self, values_N: np.ndarray, ranks_N: np.ndarray, num_classes: int, ridge: float
    ) -> None:
        order_N = np.argsort(values_N, kind="stable")
        ranks_N = ranks_N[order_N]
        by_class_N = np.argsort(ranks_N, kind="stable")
        self.values_N = values_N[order_N]
        self.moments_N3 = _running_moments(self.values_N)
        self.class_moments_N3 = _running_moments(self.values_N[by_class_N])
        self.keys_N = ranks_N[by_class_N] * len(values_N) + by_class_N
        counts_V = np.bincount(ranks_N)
        ends_V, weight_V = np.cumsum(counts_V), len(values_N) / (num_classes * counts_V)
        kept = slice(1, 2) if num_classes == 2 else slice(None)
        self.class_V = np.arange(num_classes)[kept]
        self.starts_V, self.ends_V = (ends_V - counts_V)[kept], ends_V[kept]
        self.inside_V = weight_V[kept]
        self.outside_V = weight_V[:1] if num_classes == 2 else np.ones(num_classes)
        self.ridge = ridge

    def derivatives(
        self, slope_V: np.ndarray, offset_V: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Losses (V,), gradients (V, 2) and Hessians (V, 2, 2)."""
        loss_V = 0.5 * (self.ridge * slope_V**2 + offset_V**2)
        gradient_V2 = np.stack([self.ridge * slope_V, offset_V], axis=1)
        hessian_V22 = np.tile(np.diag([self.ridge, 1.0]), (len(slope_V), 1, 1))
        for sign, weight_V in ((1.0, self.inside_V), (-1.0, self.outside_V)):
            moments_V3 = self._active(slope_V, offset_V, sign)
            count_V, sum_V, square_V = 2.0 * _PENALTY * (weight_V[:, None] * moments_V3).T
            away_V = offset_V - sign
            slopes_V = slope_V * square_V + away_V * sum_V
            offsets_V = slope_V * sum_V + away_V * count_V
            gradient_V2 += np.stack([slopes_V, offsets_V], axis=1)
            loss_V += 0.5 * (slope_V * slopes_V + away_V * offsets_V)
            hessian_V22 += np.stack([square_V, sum_V, sum_V, count_V], axis=1).reshape(-1, 2, 2)
        return loss_V, gradient_V2, hessian_V22

    def _active(self, slope_V: np.ndarray, offset_V: np.ndarray, sign: float) -> np.ndarray:
        """Moments (V, 3) of the points with a positive hinge: in the class (sign 1), or outside."""
        with np.errstate(over="ignore"):
            edge_V = (sign - offset_V) / np.where(slope_V == 0.0, 1e-300, slope_V)
        upward_V = np.where(slope_V == 0.0, 1.0, slope_V) > 0.0
        below_V = upward_V if sign > 0.0 else ~upward_V  # whether they lie below the edge
        place_V = np.where(
            below_V,
            np.searchsorted(self.values_N, edge_V, side="left"),
            np.searchsorted(self.values_N, edge_V, side="right"),
        )
        class_place_V = np.searchsorted(self.keys_N, self.class_V * len(self.values_N) + place_V)
        class_N3, every_N3 = self.class_moments_N3, self.moments_N3
        low_V3 = class_N3[class_place_V] - class_N3[self.starts_V]
        high_V3 = class_N3[self.ends_V] - class_N3[class_place_V]
        if sign < 0.0:
            low_V3 = every_N3[place_V] - low_V3
            high_V3 = every_N3[-1] - every_N3[place_V] - high_V3
        return np.where(below_V[:, None], low_V3, high_V3)


def _running_moments(values_N: np.ndarray) -> np.ndarray:
    """(N + 1, 3): sums of 1, x and x^2 over the first n values."""
    moments_N3 = np.zeros((len(values_N) + 1, 3))
    powers_N3 = np.stack([np.ones_like(values_N), values_N, values_N**2], axis=1)
    np.cumsum(powers_N3, axis=0, out=moments_N3[1:])
    return moments_N3


def _minimised(problems: _OneVersusRest) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and intercepts: Newton's method, steps halved until each loss falls."""
    at_V2 = np.zeros((len(problems.class_V), 2))
    loss_V, gradient_V2, hessian_V22 = problems.derivatives(*at_V2.T)
    for _ in range(_MAX_STEPS):
        step_V2 = np.linalg.solve(hessian_V22, gradient_V2[:, :, None])[:, :, 0]
        gain_V = (step_V2 * gradient_V2).sum(axis=1)
        moving_V = gain_V > _TOLERANCE * loss_V
        if not moving_V.any():
            break
        step_V2[~moving_V] = 0.0
        for _ in range(_MAX_HALVINGS):
            found = problems.derivatives(*(at_V2 - step_V2).T)
            too_far_V = moving_V & (found[0] > loss_V - 1e-4 * (step_V2 * gradient_V2).sum(axis=1))
            if not too_far_V.any():
                break
            step_V2[too_far_V] *= 0.5
        at_V2, (loss_V, gradient_V2, hessian_V22) = at_V2 - step_V2, found
    return at_V2[:, 0], at_V2[:, 1]
