"""Random forests that regress each factor on all latents, for `dci`. Loads scikit-learn.

Shapes: N points, L latents, K factors."""

from dataclasses import dataclass

import numpy as np

from trainers.seeds import random_stream, seed_for

_MAX_TRAIN_POINTS = 2_500


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
