"""Measures of disentanglement: one file each, all of them pure functions of a representation.

To add one: a file here, a line below, a spec in trainers/specs/measures.py, and its equation in
docs/tools/reference/equations.py.
Needs numpy; only `dci` and `dci_es` load scikit-learn, none loads PyTorch.

Shapes: N points, L latents, K factors. Points come first."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainers.errors import MeasureError, UndefinedScoreError
from trainers.measures.beta_vae import beta_vae
from trainers.measures.cbd import cbd, cbd_compactness, cbd_modularity
from trainers.measures.dci import dci_completeness, dci_disentanglement, dci_informativeness
from trainers.measures.dci_es import (
    dcies_explicitness,
    dcies_informativeness,
    dcies_size,
)
from trainers.measures.explicitness import explicitness
from trainers.measures.factor_vae import factor_vae
from trainers.measures.information.dcimig import dcimig
from trainers.measures.information.infomec import infoc, infoe, infom
from trainers.measures.information.jemmig import jemmig
from trainers.measures.information.mig import mig
from trainers.measures.information.mig_sup import mig_sup
from trainers.measures.information.modularity import modularity
from trainers.measures.irs import irs
from trainers.measures.representation.checks import checked_names, checked_points, checked_settings
from trainers.measures.sap import sap, sap_regression
from trainers.measures.shared.correlation import absolute_pcc
from trainers.measures.shared.statistics import Statistics
from trainers.measures.shared.threads import one_blas_thread
from trainers.measures.unsupervised.mutual_info_score import mutual_info_score
from trainers.measures.unsupervised.total_correlation import gaussian_total_correlation
from trainers.measures.unsupervised.wasserstein import (
    gaussian_wasserstein_correlation,
    gaussian_wasserstein_correlation_norm,
)

Measure = Callable[[Statistics], float]

MEASURES: dict[str, Measure] = {
    "cbd": cbd,
    "cbd_compactness": cbd_compactness,
    "cbd_modularity": cbd_modularity,
    "beta_vae": beta_vae,
    "factor_vae": factor_vae,
    "mig": mig,
    "mig_sup": mig_sup,
    "modularity": modularity,
    "explicitness": explicitness,
    "sap": sap,
    "sap_regression": sap_regression,
    "irs": irs,
    "dci_disentanglement": dci_disentanglement,
    "dci_completeness": dci_completeness,
    "dci_informativeness": dci_informativeness,
    "dcimig": dcimig,
    "jemmig": jemmig,
    "infom": infom,
    "infoc": infoc,
    "infoe": infoe,
    "dcies_explicitness": dcies_explicitness,
    "dcies_informativeness": dcies_informativeness,
    "dcies_size": dcies_size,
    "gaussian_total_correlation": gaussian_total_correlation,
    "gaussian_wasserstein_correlation": gaussian_wasserstein_correlation,
    "gaussian_wasserstein_correlation_norm": gaussian_wasserstein_correlation_norm,
    "mutual_info_score": mutual_info_score,
}


def score(
    latents_NL: Any,
    factors_NK: Any,
    *,
    measures: Sequence[str] | None = None,
    protocol: str = "thesis",
    seed: int = 0,
    alpha: float = 0.5,
) -> dict[str, float]:
    """Scores by name, in the order of `measures`; all measures where it is None.

    latents_NL, factors_NK: see `checked_points`.  alpha: the weight of compactness in cbd.
    A score is a pure function of the points, the protocol and, where it is sampled, the seed. It
    does not depend on the other measures, nor on the order of latents or (except factor_vae) of
    factors. Raises MeasureError, one line for each mistake; UndefinedScoreError where the points
    can be scored by all but the measures that it names."""
    names = checked_names(measures)
    checked_settings(protocol, seed, alpha)
    latents, factors = checked_points(latents_NL, factors_NK)
    stats = Statistics(latents, factors, protocol=protocol, seed=seed, alpha=alpha)
    scores: dict[str, float] = {}
    mistakes: list[str] = []
    undefined: list[str] = []
    with one_blas_thread():
        for name in names:
            try:
                scores[name] = float(MEASURES[name](stats))
            except MeasureError as error:
                mistakes.append(f'measure "{name}" {error}')
                undefined += [name] if isinstance(error, UndefinedScoreError) else []
    if mistakes:
        others = f"These measures can score the points: {', '.join(scores)}" if scores else ""
        message = "\n".join([*mistakes, f"No score was computed. {others}".strip()])
        if len(undefined) == len(mistakes):
            raise UndefinedScoreError(message, tuple(undefined))
        raise MeasureError(message)
    assert np.isfinite(list(scores.values())).all(), scores
    return scores


def pcc_matrix(latents_NL: Any, factors_NK: Any) -> np.ndarray:
    """P_LK, absolute Pearson correlations in the order given (thesis, eq. 5.5). Raises
    MeasureError."""
    latents, factors = checked_points(latents_NL, factors_NK)
    with one_blas_thread():
        return absolute_pcc(latents, factors)
