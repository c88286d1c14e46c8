"""DCI: disentanglement, completeness and informativeness, from the importances of random forests.

A random forest regresses the class number of each factor on all latents; R_jk is its importance of
latent j for factor k (importances sum to 1 over latents). With H the entropy of the shares P,

    dci_disentanglement = sum_j rho_j (1 - H_K(P_j.)),   P_jk = R_jk / sum_k R_jk
    dci_completeness    = mean_k (1 - H_L(P_.k)),        P_jk = R_jk / sum_j R_jk
    dci_informativeness = mean_k max(0, R^2 of the forest on unseen points)

where rho_j is latent j's share of all importance; logarithms are to base K and L.

Source: Eastwood & Williams 2018, section 2, with the random forest of their experiments.
Range: 0 to 1, higher is better.
Needs: factor labels.
Estimator: 10 trees with at least 4 points in a leaf, on a random half of the points (at most
    2,500), tested on as many others; the same in both protocols. Seeds differ by about 0.01.
    disentanglement_lib uses gradient-boosted trees, which take minutes.
Failure cases: trees find structure in noise, so noise scores a little above 0. A latent without
    importance does not count. A constant factor has completeness and informativeness 0. One factor
    alone has disentanglement 1, one latent alone completeness 1.

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
