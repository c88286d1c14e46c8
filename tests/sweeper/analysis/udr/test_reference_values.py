"""UDR against scores made with the code published with Locatello et al. 2019.

data/: of six representations four models each (the representation; permuted, with other signs and
noise; rotated; with two latents of noise), their mean KL of each latent, and the reference's
scores. Shapes: M models, N points, L latents."""

import json
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.udr.ranking import SIMILARITIES

DATA = Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())
# The reference's Lasso stops at scikit-learn's tolerance of 1e-4, before the minimum.
WITHIN = {"udr": ("lasso", 1e-4), "udr_spearman": ("spearman", 1e-9)}


@pytest.mark.parametrize("name", sorted(WITHIN))
@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_scores_are_those_of_the_published_code(case, name):
    key, within = WITHIN[name]
    with np.load(DATA / "latents.npz", allow_pickle=False) as arrays:
        mu_MNL, kl_ML = arrays[f"{case}/reps"], arrays[f"{case}/kl"]
    expected_M = EXPECTED[case][key]
    assert len(expected_M) == 4 and len(EXPECTED) == 6
    assert SIMILARITIES[name](mu_MNL, kl_ML) == pytest.approx(expected_M, abs=within)
