"""What the two reference protocols set, besides the formulas in each measure's file.

'thesis' is the review code of Carbonneau et al. 2022, whose measures the thesis reports;
'locatello' is disentanglement_lib (Locatello et al. 2019)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """num_bins: equal-width bins of a latent between its extremes.  irs_quantile: of the
    deviations from a class mean.  group_size: pairs or points of a sampled example.  rescaled:
    whether an accuracy or AUC is rescaled so that chance is 0.  beta_examples, factor_votes:
    training and evaluation examples of beta_vae and factor_vae.  min_std: factor_vae drops
    latents with a smaller standard deviation (constant ones, where 0)."""

    num_bins: int
    irs_quantile: float
    group_size: int
    rescaled: bool
    beta_examples: tuple[int, int]
    factor_votes: tuple[int, int]
    min_std: float


SETTINGS: dict[str, Protocol] = {
    "thesis": Protocol(
        num_bins=10,
        irs_quantile=1.0,
        group_size=200,
        rescaled=True,
        beta_examples=(10_000, 5_000),
        factor_votes=(2_000, 1_000),
        min_std=0.05,
    ),
    "locatello": Protocol(
        num_bins=20,
        irs_quantile=0.99,
        group_size=64,
        rescaled=False,
        beta_examples=(10_000, 5_000),
        factor_votes=(10_000, 5_000),
        min_std=0.0,
    ),
}


def above_chance(accuracy: float, chance: float) -> float:
    """An accuracy rescaled so that chance is 0 and 1 stays 1; below 0 where worse than chance."""
    return (accuracy - chance) / (1.0 - chance)
