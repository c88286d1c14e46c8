"""The measures that a grid may name: definition, range, direction, needs, source, revision."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["thesis", "locatello"]
PROTOCOLS: tuple[Protocol, ...] = ("thesis", "locatello")


@dataclass(frozen=True)
class MeasureSpec:
    """What is known of a measure without its code.

    needs: 'latents' (no factors), 'factors' (labels suffice) or 'factor grid' (it intervenes on
    factors).  companion: the measure without which it is never shown, because pure noise can
    score high in it.
    revision: raised when the definition changes, so that old and new scores have two names.
    digest: of the code of a measure of a user's own."""

    name: str
    title: str
    definition: str
    range: str
    needs: Literal["latents", "factors", "factor grid"]
    source: str
    revision: int = 0
    companion: str = ""
    lower_is_better: bool = False
    digest: str = ""

    @property
    def stored_name(self) -> str:
        """The name of its scores in records and in MLflow: 'mig', 'sap.r1', 'mine.c1a2b3c4d'."""
        if self.digest:
            return f"{self.name}.c{self.digest[:8]}"
        return f"{self.name}.r{self.revision}" if self.revision else self.name


MEASURES: dict[str, MeasureSpec] = {
    spec.name: spec
    for spec in (
        MeasureSpec(
            "cbd",
            "CbD",
            "alpha compactness + (1 - alpha) modularity",
            "0 to 1",
            "factors",
            "thesis, eq. 5.8",
        ),
        MeasureSpec(
            "cbd_compactness",
            "CbD compactness",
            "mean over latents of the gap of the two largest |PCC|",
            "0 to 1",
            "factors",
            "thesis, eq. 5.6",
        ),
        MeasureSpec(
            "cbd_modularity",
            "CbD modularity",
            "mean over factors of the gap of the two largest |PCC|",
            "0 to 1",
            "factors",
            "thesis, eq. 5.7",
        ),
        MeasureSpec(
            "beta_vae",
            "beta-VAE",
            "accuracy of a linear classifier that names the factor held in pairs of points",
            "0 (chance) to 1; locatello: 1/K to 1",
            "factor grid",
            "Higgins et al. 2017, section 3",
        ),
        MeasureSpec(
            "factor_vae",
            "FactorVAE",
            "accuracy of naming the factor held by the latent that varies least",
            "0 (chance) to 1; locatello: 1/K to 1",
            "factor grid",
            "Kim & Mnih 2018, section 4",
        ),
        MeasureSpec(
            "mig",
            "MIG",
            "mean over factors of the gap of the two largest normalised informations",
            "0 to 1",
            "factors",
            "Chen et al. 2018, eq. 6; thesis, eq. 5.1",
        ),
        MeasureSpec(
            "mig_sup",
            "MIG-sup",
            "mean over latents of the gap of the two largest normalised informations",
            "0 to 1",
            "factors",
            "Li et al. 2020",
        ),
        MeasureSpec(
            "modularity",
            "Modularity",
            "mean over latents of 1 - squared information of all but the best factor",
            "0 to 1",
            "factors",
            "Ridgeway & Mozer 2018, section 3",
        ),
        MeasureSpec(
            "explicitness",
            "Explicitness",
            "mean ROC AUC of logistic regressions of each factor's values",
            "0 (chance) to 1; locatello: 0.5 to 1",
            "factors",
            "Ridgeway & Mozer 2018, section 4",
        ),
        MeasureSpec(
            "sap",
            "SAP",
            "mean over factors of the gap of the two largest accuracies of single latents",
            "0 to 1",
            "factors",
            "Kumar et al. 2018, section 3",
            revision=1,
        ),
        MeasureSpec(
            "sap_regression",
            "SAP (regression)",
            "mean over factors of the gap of the two largest R^2 of single latents",
            "0 to 1",
            "factors",
            "Kumar et al. 2018, section 3",
        ),
        MeasureSpec(
            "irs",
            "IRS",
            "how little a latent moves while its factor is held, relative to its range",
            "0 (slightly below, at worst) to 1",
            "factor grid",
            "Suter et al. 2019",
        ),
        MeasureSpec(
            "dci_disentanglement",
            "DCI disentanglement",
            "1 - entropy of each latent's importances over factors (random forest), weighted",
            "0 to 1",
            "factors",
            "Eastwood & Williams 2018, section 2",
        ),
        MeasureSpec(
            "dci_completeness",
            "DCI completeness",
            "1 - entropy of each factor's importances over latents (random forest)",
            "0 to 1",
            "factors",
            "Eastwood & Williams 2018, section 2",
        ),
        MeasureSpec(
            "dci_informativeness",
            "DCI informativeness",
            "mean R^2 of the random forests on unseen points",
            "0 to 1",
            "factors",
            "Eastwood & Williams 2018, section 2",
        ),
        MeasureSpec(
            "dcimig",
            "DCIMIG",
            "information gaps of latents, the best for each factor, by the entropy of factors",
            "0 to 1",
            "factors",
            "Sepliarskaia et al. 2019",
        ),
        MeasureSpec(
            "jemmig",
            "JEMMIG",
            "mean over factors of the information gap less the best latent's other entropy",
            "0 to 1",
            "factors",
            "Do & Tran 2020",
        ),
        MeasureSpec(
            "infom",
            "InfoM",
            "mean over latents of the best factor's share of their information; read with infoe",
            "0 to 1",
            "factors",
            "Hsu et al. 2023",
            companion="infoe",
        ),
        MeasureSpec(
            "infoc",
            "InfoC",
            "mean over factors of the best latent's share of the information; read with infoe",
            "0 to 1",
            "factors",
            "Hsu et al. 2023",
            companion="infoe",
        ),
        MeasureSpec(
            "infoe",
            "InfoE",
            "share of each factor's entropy that a logistic regression explains",
            "0 (slightly below, at worst) to 1",
            "factors",
            "Hsu et al. 2023",
        ),
        MeasureSpec(
            "dcies_explicitness",
            "DCI-ES explicitness",
            "how little deeper forests gain over shallow ones; read with dcies_informativeness",
            "-1 to 1",
            "factors",
            "Eastwood et al. 2023",
            companion="dcies_informativeness",
        ),
        MeasureSpec(
            "dcies_informativeness",
            "DCI-ES informativeness",
            "mean accuracy of the random forests of the best depth on unseen points",
            "0 to 1",
            "factors",
            "Eastwood et al. 2023",
        ),
        MeasureSpec(
            "dcies_size",
            "DCI-ES size",
            "number of factors by number of latents",
            "above 0",
            "factors",
            "Eastwood et al. 2023",
        ),
        MeasureSpec(
            "gaussian_total_correlation",
            "Gaussian TC",
            "total correlation of latents as if Gaussian, nats; lower is better",
            "0 to infinity",
            "latents",
            "Locatello et al. 2019",
            lower_is_better=True,
        ),
        MeasureSpec(
            "gaussian_wasserstein_correlation",
            "Gaussian Wasserstein",
            "Wasserstein distance of latents, as if Gaussian, from independent; lower is better",
            "0 to infinity",
            "latents",
            "Locatello et al. 2019",
            lower_is_better=True,
        ),
        MeasureSpec(
            "gaussian_wasserstein_correlation_norm",
            "Gaussian Wasserstein (norm.)",
            "the Wasserstein distance by the total variance; lower is better",
            "0 to 2",
            "latents",
            "Locatello et al. 2019",
            lower_is_better=True,
        ),
        MeasureSpec(
            "mutual_info_score",
            "Mutual information",
            "mean information of pairs of latents, nats; lower is better",
            "0 to ln 20",
            "latents",
            "Locatello et al. 2019",
            lower_is_better=True,
        ),
    )
}


def lower_is_better(metric: str) -> bool:
    """Whether less is better: of losses, and of some measures. metric: 'cbd', 'measure/sap.r1',
    'valid/recon'."""
    name = metric.removeprefix("measure/").partition(".r")[0]
    if name in MEASURES:
        return MEASURES[name].lower_is_better
    return "/" in metric and not metric.startswith("measure/")


def with_companions(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each followed by the measure without which it is never shown."""
    pairs = ((name, MEASURES[name].companion if name in MEASURES else "") for name in names)
    return tuple(dict.fromkeys(name for pair in pairs for name in pair if name))


# What a grid that names no measures gets: those of the thesis, in the order of its tables.
DEFAULT_MEASURES: tuple[str, ...] = (
    "cbd",
    "cbd_compactness",
    "cbd_modularity",
    "beta_vae",
    "factor_vae",
    "mig",
    "mig_sup",
    "modularity",
    "explicitness",
    "sap",
    "irs",
)
