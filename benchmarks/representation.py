"""What a representation of dSprites encodes: the orientation of each shape, and each factor.

Shapes: N points, L latents, K factors."""

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

FACTORS = ("shape", "scale", "orientation", "posX", "posY")
SHAPE, ORIENTATION = 0, 2
SHAPES = ("square", "ellipse", "heart")
TURNS = (4, 2, 1)  # rotations of a full turn that leave a shape as it is
ANGLES = 40  # values of orientation, over one full turn


def described(latents: Any) -> dict[str, float]:
    """Columns: how much of each shape's orientation is explained, and for each factor the largest
    absolute Pearson correlation with a latent."""
    explained = orientation_explained(latents.mu_NL, latents.factors_NK)
    correlation = np.abs(np.corrcoef(latents.mu_NL.T, latents.factors_NK.T))
    num_latents = latents.mu_NL.shape[1]
    best_K = correlation[:num_latents, num_latents:].max(axis=0)
    return {
        **{f"orientation of {name}": round(r2, 3) for name, r2 in explained.items()},
        **{f"pcc {name}": round(value, 3) for name, value in zip(FACTORS, best_K, strict=True)},
    }


def orientation_explained(mu_NL: np.ndarray, factors_NK: np.ndarray) -> dict[str, float]:
    """How much of each shape's orientation the latents explain: the share of variance of (cos, sin)
    of its angle, times its number of symmetric turns, that a random forest fitted to half of the
    points explains on the other half. 0: nothing, 1: all; below 0: worse than the mean."""
    explained = {}
    for value, (name, turns) in enumerate(zip(SHAPES, TURNS, strict=True)):
        chosen_N = factors_NK[:, SHAPE] == value
        angle_N = 2 * np.pi * turns * factors_NK[chosen_N, ORIENTATION] / ANGLES
        target_N2 = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
        fit, test = np.array_split(np.arange(len(angle_N)), 2)
        forest = RandomForestRegressor(50, min_samples_leaf=3, random_state=0)
        forest.fit(mu_NL[chosen_N][fit], target_N2[fit])
        error = np.square(forest.predict(mu_NL[chosen_N][test]) - target_N2[test]).sum()
        spread = np.square(target_N2[test] - target_N2[test].mean(axis=0)).sum()
        explained[name] = float(1 - error / spread)
    return explained
