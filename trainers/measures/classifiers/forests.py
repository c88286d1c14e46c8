"""Random forests that predict each factor from all latents, for `dci` and `dci_es`. Loads
scikit-learn.

Shapes: N points, L latents, K factors, D depths."""

from dataclasses import dataclass

import numpy as np

from trainers.seeds import random_stream, seed_for

_MAX_TRAIN_POINTS = 2_500
_MAX_DEPTH_POINTS = 3_000
DEPTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Forests:
    """importance_LK: of each latent for each factor, summing to 1 over latents, or all 0 where
    nothing helps.  r_squared_K: of each factor's forest on points it has not seen, at least 0."""

    importance_LK: np.ndarray
    r_squared_K: np.ndarray


def fit_forests(latents_NL: np.ndarray, factors_NK: np.ndarray, seed: int) -> Forests:
    from sklearn.ensemble import RandomForestRegressor

    num_points, num_latents = latents_NL.shape
    order = random_stream(seed, "measure/dci").permutation(num_points)
    num_train = min(num_points // 2, _MAX_TRAIN_POINTS)
    train, test = order[:num_train], order[num_train : 2 * num_train]
    importance_LK = np.zeros((num_latents, factors_NK.shape[1]))
    r_squared_K = np.zeros(factors_NK.shape[1])
    for k, factor_N in enumerate(factors_NK.T):
        forest = RandomForestRegressor(
            n_estimators=10,
            min_samples_leaf=4,
            random_state=seed_for(seed, f"measure/dci/{k}") % 2**32,
        )
        forest.fit(latents_NL[train], factor_N[train])
        importance_LK[:, k] = forest.feature_importances_
        missed = np.square(forest.predict(latents_NL[test]) - factor_N[test]).sum()
        spread = np.square(factor_N[test] - factor_N[test].mean()).sum()
        r_squared_K[k] = max(0.0, 1.0 - missed / spread) if spread > 0.0 else 0.0
    return Forests(importance_LK, r_squared_K)


def accuracy_by_depth(latents_NL: np.ndarray, classes_NK: np.ndarray, seed: int) -> np.ndarray:
    """(D, K): accuracy on unseen points of forests of each depth that classify each factor."""
    from sklearn.ensemble import RandomForestClassifier

    num_points = min(len(latents_NL), _MAX_DEPTH_POINTS)
    num_train = 2 * num_points // 3
    train, test = slice(0, num_train), slice(num_train, num_points)
    single_NL = latents_NL.astype(np.float32)
    accuracy_DK = np.empty((len(DEPTHS), classes_NK.shape[1]))
    for d, depth in enumerate(DEPTHS):
        for k, classes_N in enumerate(classes_NK.T):
            forest = RandomForestClassifier(
                n_estimators=10, max_depth=depth, random_state=seed % 2**32
            )
            forest.fit(single_NL[train], classes_N[train])
            accuracy_DK[d, k] = np.mean(forest.predict(single_NL[test]) == classes_N[test])
    return accuracy_DK
