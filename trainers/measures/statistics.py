"""What several measures need of one representation, each computed once, when first asked for.

Shapes: N points, L latents, K factors, B bins."""

from functools import cached_property

import numpy as np

from trainers.measures.correlation import absolute_pcc


class Statistics:
    """One representation under one protocol, with its shared statistics.

    Latents and factors are held in an order that depends on their values alone, so that no score,
    sampled or not, changes by a bit when columns are permuted. Both are float64."""

    def __init__(
        self,
        latents_NL: np.ndarray,
        factors_NK: np.ndarray,
        *,
        protocol: str = "thesis",
        seed: int = 0,
        alpha: float = 0.5,
    ) -> None:
        self.latents_NL = _canonical(latents_NL)
        self.factors_NK = _canonical(factors_NK)
        self.protocol = protocol
        self.seed = seed
        self.alpha = alpha

    @cached_property
    def pcc_LK(self) -> np.ndarray:
        """Absolute Pearson correlations."""
        return absolute_pcc(self.latents_NL, self.factors_NK)


def _canonical(columns_NM: np.ndarray) -> np.ndarray:
    """Columns sorted by their bytes: any fixed order will do, as long as values decide it."""
    columns = columns_NM.T + 0.0  # + 0.0 makes -0 and 0 the same bytes
    order = sorted(range(len(columns)), key=lambda m: columns[m].tobytes())
    return np.ascontiguousarray(columns[order].T)
