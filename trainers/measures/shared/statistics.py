"""Statistics of one representation that several measures use, each computed once, on first use.

Shapes: N points, L latents, K factors."""

from functools import cached_property

import numpy as np

from trainers.measures.classifiers.forests import Forests, accuracy_by_depth, fit_forests
from trainers.measures.shared.classes import FactorClasses
from trainers.measures.shared.correlation import absolute_pcc, unit_scaled
from trainers.measures.shared.information import Information, binned, information
from trainers.measures.shared.protocols import SETTINGS


class Statistics:
    """One representation under one protocol, with its shared statistics.

    Latents and factors are kept in an order that depends only on their values, so that a
    permutation of columns changes no bit of a score. Latents are float64 and divided by powers of
    two (exact, see `unit_scaled`): latent j is unit_NL[:, j] * 2 ** exponents_L[j]."""

    def __init__(
        self,
        latents_NL: np.ndarray,
        factors_NK: np.ndarray,
        *,
        protocol: str = "thesis",
        seed: int = 0,
        alpha: float = 0.5,
    ) -> None:
        self.unit_NL, self.exponents_L = unit_scaled(latents_NL[:, _by_content(latents_NL)])
        order_K = _by_content(factors_NK)
        self.factors_NK = factors_NK[:, order_K]
        self.given_order_K = np.argsort(order_K)  # the place here of the k-th factor given
        self.protocol = protocol
        self.settings = SETTINGS[protocol]
        self.seed = seed
        self.alpha = alpha

    @property
    def num_points(self) -> int:
        return len(self.unit_NL)

    @property
    def num_factors(self) -> int:
        return self.factors_NK.shape[1]

    @cached_property
    def constant_L(self) -> np.ndarray:
        """Which latents are the same for every point, as after posterior collapse."""
        return self.unit_NL.max(axis=0) == self.unit_NL.min(axis=0)

    @cached_property
    def pcc_LK(self) -> np.ndarray:
        """Absolute Pearson correlations."""
        return absolute_pcc(self.unit_NL, self.factors_NK)

    @cached_property
    def classes(self) -> FactorClasses:
        return FactorClasses(self.factors_NK)

    @cached_property
    def information(self) -> Information:
        """Entropies and mutual information after the protocol's binning of latents."""
        num_bins = self.settings.num_bins
        return information(binned(self.unit_NL, num_bins, self.protocol), num_bins, self.classes)

    @cached_property
    def forests(self) -> Forests:
        return fit_forests(self.spans_NL, unit_scaled(self.factors_NK)[0], self.seed)

    @cached_property
    def accuracy_by_depth_DK(self) -> np.ndarray:
        """Accuracies of forests of rising depth, on points they have not seen."""
        return accuracy_by_depth(self.unit_NL, self.classes.classes_NK, self.seed)

    @cached_property
    def spans_NL(self) -> np.ndarray:
        """Latents from 0 to 1; constant ones 0."""
        low_L = self.unit_NL.min(axis=0)
        width_L = np.where(self.constant_L, 1.0, self.unit_NL.max(axis=0) - low_L)
        return (self.unit_NL - low_L) / width_L

    @cached_property
    def minmax_NL(self) -> np.ndarray:
        """As `spans_NL`, rounded as scikit-learn's minmax_scale rounds."""
        low_L = self.unit_NL.min(axis=0)
        scale_L = 1.0 / np.where(self.constant_L, 1.0, self.unit_NL.max(axis=0) - low_L)
        return self.unit_NL * scale_L - low_L * scale_L

    @cached_property
    def standard_NL(self) -> np.ndarray:
        """Latents of mean 0 and variance 1; constant ones 0."""
        centred_NL = self.spans_NL - self.spans_NL.mean(axis=0)
        centred_NL[:, self.constant_L] = 0.0
        return centred_NL / np.where(self.constant_L, 1.0, centred_NL.std(axis=0))


def _by_content(columns_NM: np.ndarray) -> list[int]:
    """Positions of columns in the order of their bytes; any order given by values alone will do."""
    columns = columns_NM.T + 0.0  # + 0.0 makes -0 and 0 the same bytes
    return sorted(range(len(columns)), key=lambda m: columns[m].tobytes())
