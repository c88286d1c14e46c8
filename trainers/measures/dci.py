"""DCI: disentanglement, completeness and informativeness, from what a regression finds important.

A random forest regresses each factor's number on all latents; R_jk is the importance it gives
latent j for factor k (they sum to 1 over latents). With P the shares and H the entropy,

    disentanglement = sum_j rho_j (1 - H_K(P_j.)),   P_jk = R_jk / sum_k R_jk,  rho_j = R's share
    completeness    = mean_k (1 - H_L(P_.k)),        P_jk = R_jk / sum_j R_jk
    informativeness = mean_k max(0, R^2 of the forest on points it has not seen)

logarithms to base K and L. Eastwood & Williams 2018, section 2, whose second regressor is the
random forest. 0 to 1, higher is better; needs labels, no interventions. The same in both
protocols: disentanglement_lib's gradient-boosted trees would take minutes, and the review code
searches 20 forests by cross-validation.

Estimator: 10 trees with at least 4 points in a leaf, on a random half of the points (at most
2,500), tested on as many others. Seeds differ by about 0.01. Trees always find something: noise
scores a little above 0. A latent without importance does not count; a factor without variance
gives none and is as incomplete and uninformed as can be (0). One factor alone is disentangled,
one latent alone is complete: 1.

Shapes: N points, L latents, K factors."""

import numpy as np

from trainers.measures.shared.information import ratio
from trainers.measures.shared.statistics import Statistics


def dci_disentanglement(stats: Statistics) -> float:
    importance_LK = stats.forests.importance_LK
    weights_L = importance_LK.sum(axis=1)
    total = weights_L.sum()
    return float(_concentration(importance_LK) @ weights_L / total) if total > 0.0 else 0.0


def dci_completeness(stats: Statistics) -> float:
    return float(_concentration(stats.forests.importance_LK.T).mean())


def dci_informativeness(stats: Statistics) -> float:
    return float(stats.forests.r_squared_K.mean())


def _concentration(parts_RM: np.ndarray) -> np.ndarray:
    """1 - entropy of each row's shares, to the base of its length; 0 for a row of zeros."""
    sums_R1 = parts_RM.sum(axis=1, keepdims=True)
    share_RM = ratio(parts_RM, np.broadcast_to(sums_R1, parts_RM.shape))
    logs_RM = np.log(np.where(share_RM > 0.0, share_RM, 1.0)) / np.log(max(parts_RM.shape[1], 2))
    return np.where(sums_R1[:, 0] > 0.0, 1.0 + (share_RM * logs_RM).sum(axis=1), 0.0)
