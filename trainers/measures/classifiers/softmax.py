"""Multinomial logistic regression, as scikit-learn's LogisticRegression(C=1) minimises it:

    sum_n [ log sum_c exp(x_n w_c + b_c) - (x_n w_y + b_y) ] + |w|^2 / 2

L-BFGS, preconditioned by the inverse Hessian on every s-th point. These points are fitted first,
at little cost; a few steps on all points follow. scikit-learn's L-BFGS without preconditioning
takes about 100 steps to the same minimum. With more than `_MAX_DENSE` coefficients the full Hessian
would cost more than it saves, so it treats classes as independent. Of two classes, scikit-learn
penalises only the difference of coefficients, which doubles the penalty here.

Shapes: N points, D features (the last constant 1), C classes, P = D C coefficients."""

from collections import deque

import numpy as np

_TOLERANCE = 1e-5  # largest gradient of the mean loss; scikit-learn stops at 1e-4
_SUBSET_POINTS = 2000
_MAX_DENSE = 600
_MEMORY, _STEPS_PER_ROUND, _MAX_ROUNDS = 10, 8, 40
_BLOCK_ROWS = 2048


def with_constant(features_NL: np.ndarray) -> np.ndarray:
    """(N, L + 1): the features, then a constant 1 for the intercept."""
    return np.concatenate([features_NL, np.ones((len(features_NL), 1))], axis=1)


def fit_softmax(
    features_ND: np.ndarray,
    classes_N: np.ndarray,
    num_classes: int,
    penalty_L: np.ndarray | float = 1.0,
    weight_N: np.ndarray | None = None,
) -> np.ndarray:
    """Coefficients W_DC at the minimum; features @ W are the logits. Every class must occur.

    penalty_L: factor of |w|^2 / 2 for each feature but the constant, which is not penalised.
    weight_N: of each point in the sum, with mean 1."""
    penalty_D = np.zeros(features_ND.shape[1])
    penalty_D[:-1] = penalty_L * (2.0 if num_classes == 2 else 1.0)
    every = max(len(features_ND) // _SUBSET_POINTS, 1)
    weight_N = np.ones(len(features_ND)) if weight_N is None else weight_N
    part = _Problem(
        features_ND[::every], classes_N[::every], num_classes, penalty_D / every, weight_N[::every]
    )
    whole = _Problem(features_ND, classes_N, num_classes, penalty_D, weight_N)
    weights_DC = np.zeros((features_ND.shape[1], num_classes))
    weights_DC[-1] = np.log(np.bincount(classes_N, minlength=num_classes) / len(classes_N))
    for problem in (part, whole) if every > 1 else (whole,):
        for _ in range(_MAX_ROUNDS):
            weights_DC, done = _descend(problem, weights_DC, part.inverse_hessian(weights_DC))
            if done:
                break
    return weights_DC


class _Problem:
    """Mean loss, its gradient and its inverse Hessian."""

    def __init__(
        self,
        features_ND: np.ndarray,
        classes_N: np.ndarray,
        num_classes: int,
        penalty_D: np.ndarray,
        weight_N: np.ndarray,
    ) -> None:
        self.features_ND, self.weight_N1 = features_ND, weight_N[:, None]
        self.scale = 1.0 / len(features_ND)
        self.penalty_D1 = penalty_D[:, None]
        one_hot_NC = (classes_N[:, None] == np.arange(num_classes)).astype(np.float64)
        self.target_DC = features_ND.T @ (self.weight_N1 * one_hot_NC)

    def loss_and_gradient(self, weights_DC: np.ndarray) -> tuple[float, np.ndarray]:
        gradient_DC = self.penalty_D1 * weights_DC - self.target_DC
        loss = np.sum((gradient_DC - 0.5 * self.penalty_D1 * weights_DC) * weights_DC)
        for start in range(0, len(self.features_ND), _BLOCK_ROWS):
            x_BD = self.features_ND[start : start + _BLOCK_ROWS]
            p_BC, log_sum_B1 = softmax(x_BD @ weights_DC)
            weight_B1 = self.weight_N1[start : start + _BLOCK_ROWS]
            loss += np.sum(weight_B1 * log_sum_B1)
            p_BC *= weight_B1
            gradient_DC += x_BD.T @ p_BC
        return float(loss) * self.scale, gradient_DC * self.scale

    def inverse_hessian(self, weights_DC: np.ndarray) -> np.ndarray:
        """(P, P), or (C, D, D) with classes as independent. A small ridge on the constants
        removes the direction on which the loss does not depend."""
        x_ND, (D, C) = self.features_ND, weights_DC.shape
        p_NC, _ = softmax(x_ND @ weights_DC)
        ridge_D = self.penalty_D1[:, 0] * self.scale + 1e-8
        if D * C > _MAX_DENSE:
            spread_NC = self.weight_N1 * p_NC * (1 - p_NC)
            products = np.einsum("nc,nd,ne->cde", spread_NC, x_ND, x_ND, optimize=True)
            return np.linalg.inv(products * self.scale + np.diag(ridge_D))
        mixed_NCD = p_NC[:, :, None] * x_ND[:, None, :]
        flat_NP = mixed_NCD.reshape(len(x_ND), C * D)
        weighted_NP = self.weight_N1 * flat_NP
        hessian_PP = -(weighted_NP.T @ flat_NP)
        blocks_CDD = (weighted_NP.T @ x_ND).reshape(C, D, D)
        for c in range(C):
            hessian_PP[c * D : (c + 1) * D, c * D : (c + 1) * D] += blocks_CDD[c]
        return np.linalg.inv(hessian_PP * self.scale + np.diag(np.tile(ridge_D, C)))


def softmax(logits_NC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, in place of the logits, and the log sum exp of each point, (N, 1)."""
    top_N1 = logits_NC.max(axis=1, keepdims=True)
    logits_NC -= top_N1
    np.exp(logits_NC, out=logits_NC)
    sums_N1 = logits_NC.sum(axis=1, keepdims=True)
    logits_NC /= sums_N1
    return logits_NC, np.log(sums_N1) + top_N1


def _descend(
    problem: _Problem, weights_DC: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, bool]:
    """Weights after up to `_STEPS_PER_ROUND` steps, and whether they are at the minimum, as far as
    rounding allows."""
    loss, gradient_DC = problem.loss_and_gradient(weights_DC)
    memory: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=_MEMORY)
    for _ in range(_STEPS_PER_ROUND):
        if np.abs(gradient_DC).max() <= _TOLERANCE:
            return weights_DC, True
        step_DC = _direction(gradient_DC, memory, inverse)
        slope = np.sum(step_DC * gradient_DC)
        length = 1.0
        while True:
            new_loss, new_gradient_DC = problem.loss_and_gradient(weights_DC - length * step_DC)
            if new_loss <= loss - 1e-4 * length * slope:
                break
            length /= 2.0
            if length < 1e-6:
                return weights_DC, True
        memory.append((-length * step_DC, new_gradient_DC - gradient_DC))
        weights_DC, loss, gradient_DC = weights_DC - length * step_DC, new_loss, new_gradient_DC
    return weights_DC, False


def _direction(
    gradient_DC: np.ndarray, memory: deque[tuple[np.ndarray, np.ndarray]], inverse: np.ndarray
) -> np.ndarray:
    """The two-loop recursion of L-BFGS (Nocedal & Wright 2006, algorithm 7.4)."""
    rest_DC, shares = gradient_DC.copy(), []
    for move_DC, change_DC in reversed(memory):
        share = np.sum(move_DC * rest_DC) / np.sum(move_DC * change_DC)
        rest_DC -= share * change_DC
        shares.append(share)
    step_DC = _times(inverse, rest_DC)
    for (move_DC, change_DC), share in zip(memory, reversed(shares), strict=True):
        step_DC += move_DC * (share - np.sum(change_DC * step_DC) / np.sum(move_DC * change_DC))
    return step_DC


def _times(inverse: np.ndarray, gradient_DC: np.ndarray) -> np.ndarray:
    if inverse.ndim == 3:
        return np.einsum("cde,ec->dc", inverse, gradient_DC)
    D, C = gradient_DC.shape
    return (inverse @ gradient_DC.T.ravel()).reshape(C, D).T
