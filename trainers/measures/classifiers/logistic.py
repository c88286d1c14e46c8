"""Many binary logistic regressions on the same points, one for each class of each factor.

Problem c separates the points of class c from the rest and minimises

    sum_n s_cn log(1 + exp(-t_cn (x_n w_c + b_c))) + |w_c|^2 / 2,      t = +1 in the class, else -1

with balanced weights: s_cn = N / (2 n_c) in the class, N / (2 (N - n_c)) outside. That is
scikit-learn's LogisticRegression(C=1, class_weight="balanced"), one versus rest. Newton's method
solves all problems at once: the Hessians are one matrix product of weights with the products of
features, so a step costs three matrix products for all classes of all factors.

Shapes: N points, B points of a block, D features (the last constant 1), K factors, C classes of
all factors together, Q = D (D + 1) / 2 products of two features."""

import numpy as np

_TOLERANCE = 1e-6  # largest gradient of the mean loss; scikit-learn stops at 1e-4
_START_TOLERANCE = 1e-3
_START_POINTS = 2000
_MAX_STEPS = 100
_BLOCK_VALUES = 1 << 16  # logits of a block of points: 512 kB, to stay in the second cache


def fit_one_versus_rest(
    features_ND: np.ndarray, numbered_NK: np.ndarray, num_classes: int
) -> np.ndarray:
    """Coefficients W_DC; features @ W are the logits.

    numbered_NK: the class that each point has of each factor, numbered through all factors.
    A class of all points, or of none, has coefficients 0."""
    weights_DC = np.zeros((features_ND.shape[1], num_classes))
    every = len(features_ND) // _START_POINTS
    if every > 1:
        part = _OneVersusRest(features_ND[::every], numbered_NK[::every], num_classes)
        weights_DC = _minimised(part, weights_DC, _START_TOLERANCE)
    whole = _OneVersusRest(features_ND, numbered_NK, num_classes)
    return _minimised(whole, weights_DC, _TOLERANCE)


def _minimised(problem: "_OneVersusRest", weights_DC: np.ndarray, tolerance: float) -> np.ndarray:
    """Newton's method, all problems side by side."""
    step_DC = np.zeros_like(weights_DC)
    steepest_C = np.full(weights_DC.shape[1], np.inf)
    for _ in range(_MAX_STEPS):
        gradient_DC, hessian_CDD = problem.derivatives(weights_DC - step_DC)
        # The loss is convex, so a larger gradient means that the step was too long.
        new_steepest_C = np.abs(gradient_DC).max(axis=0)
        too_far_C = new_steepest_C > np.maximum(steepest_C, tolerance)
        weights_DC = np.where(too_far_C, weights_DC, weights_DC - step_DC)
        steepest_C = np.where(too_far_C, steepest_C, new_steepest_C)
        if steepest_C.max() <= tolerance:
            break
        newton_DC = np.linalg.solve(hessian_CDD, gradient_DC.T[:, :, None])[:, :, 0].T
        step_DC = np.where(too_far_C, 0.5 * step_DC, newton_DC)
    return weights_DC


class _OneVersusRest:
    """Gradients and Hessians of the mean losses of all problems, a block of points at a time."""

    def __init__(self, features_ND: np.ndarray, numbered_NK: np.ndarray, num_classes: int) -> None:
        num_points, num_features = features_ND.shape
        self.features_ND, self.numbered_NK = features_ND, numbered_NK
        self.pairs = np.triu_indices(num_features)
        inside_C = np.bincount(numbered_NK.ravel(), minlength=num_classes)
        both_C = (inside_C > 0) & (inside_C < num_points)
        self.inside_C = np.where(both_C, 0.5 / np.maximum(inside_C, 1), 0.0)
        self.outside_C = np.where(both_C, 0.5 / np.maximum(num_points - inside_C, 1), 0.0)
        self.ridge_D = np.full(num_features, 1.0 / num_points)
        self.ridge_D[-1] = 0.0
        self.block = max(_BLOCK_VALUES // num_classes, 64)
        # Reused for each block: the system would have to map new arrays of this size each time.
        self.buffers = np.empty((3, self.block, num_classes))

    def derivatives(self, weights_DC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        num_features, num_classes = weights_DC.shape
        gradient_DC = self.ridge_D[:, None] * weights_DC
        products_QC = np.zeros((len(self.pairs[0]), num_classes))
        for start in range(0, len(self.features_ND), self.block):
            x_BD = self.features_ND[start : start + self.block]
            slope_BC, curvature_BC = self._slopes(x_BD, weights_DC, start)
            gradient_DC += x_BD.T @ slope_BC
            products_QC += (x_BD[:, self.pairs[0]] * x_BD[:, self.pairs[1]]).T @ curvature_BC
        hessian_CDD = np.empty((num_classes, num_features, num_features))
        hessian_CDD[:, self.pairs[0], self.pairs[1]] = products_QC.T
        hessian_CDD[:, self.pairs[1], self.pairs[0]] = products_QC.T
        # The small ridge keeps problems without curvature solvable.
        return gradient_DC, hessian_CDD + np.diag(self.ridge_D + 1e-12)

    def _slopes(
        self, x_BD: np.ndarray, weights_DC: np.ndarray, start: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """First and second derivative of each point's loss by its logit."""
        p_BC, slope_BC, curvature_BC = self.buffers[:, : len(x_BD)]
        sigmoid(np.matmul(x_BD, weights_DC, out=p_BC))
        np.multiply(self.outside_C, p_BC, out=slope_BC)
        np.subtract(1.0, p_BC, out=curvature_BC)
        curvature_BC *= slope_BC
        inside = self.numbered_NK[start : start + self.block]
        inside_BK = (np.arange(len(p_BC))[:, None], inside)
        p_BK, weight_BK = p_BC[inside_BK], self.inside_C[inside]
        slope_BC[inside_BK] = weight_BK * (p_BK - 1.0)
        curvature_BC[inside_BK] = weight_BK * p_BK * (1.0 - p_BK)
        return slope_BC, curvature_BC


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logits)), in place of the logits."""
    np.negative(logits, out=logits)
    with np.errstate(over="ignore"):  # exp(710) is infinite, and 1 / infinity the right 0
        np.exp(logits, out=logits)
    logits += 1.0
    return np.reciprocal(logits, out=logits)
