"""Degenerate points give finite scores in range or a MeasureError, never NaN or a warning (which
pytest turns into an error)."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainers.errors import MeasureError
from trainers.measures import MEASURES, pcc_matrix, score

SLACK = 1e-9
LOWEST = {"beta_vae": -1.0, "factor_vae": -1.0, "explicitness": -1.0, "irs": -1.0, "infoe": -0.01}
HIGHEST = {
    "dcies_size": 3.0,
    "gaussian_total_correlation": np.inf,
    "gaussian_wasserstein_correlation": np.inf,
    "gaussian_wasserstein_correlation_norm": 2.0,
    "mutual_info_score": np.log(20),
}
REFUSING = ("beta_vae", "factor_vae", "gaussian_total_correlation")
REFUSING += ("gaussian_wasserstein_correlation",)
# Forests take 100 ms however few the points; the contract tests cover them.
FORESTS = ("dci_", "dcies_explicitness", "dcies_informativeness")
NAMES = [name for name in MEASURES if not name.startswith(FORESTS)]

few_examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def points(draw):
    """Small representations with much that is degenerate: equal, constant, huge, tiny values."""
    num_points = draw(st.integers(2, 12))
    num_latents, num_factors = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    values = st.one_of(
        st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1]),
        st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=True),
    )
    latents_NL = draw(hnp.arrays(np.float64, (num_points, num_latents), elements=values))
    factors_NK = draw(hnp.arrays(np.int64, (num_points, num_factors), elements=st.integers(-2, 3)))
    return latents_NL, factors_NK


@few_examples
@given(points=points(), protocol=st.sampled_from(["thesis", "locatello"]))
def test_a_finite_score_in_range_or_a_clear_error(few_samples, points, protocol):
    for name in NAMES:
        try:
            value = score(*points, measures=[name], protocol=protocol)[name]
        except MeasureError as error:
            assert name in REFUSING, name
            assert f'measure "{name}"' in str(error)
            continue
        assert np.isfinite(value), name
        assert LOWEST.get(name, 0.0) - SLACK <= value <= HIGHEST.get(name, 1.0) + SLACK, (
            name,
            value,
        )


@few_examples
@given(points=points(), data=st.data())
def test_permuting_latents_moves_no_bit(few_samples, points, data):
    latents_NL, factors_NK = points
    order = data.draw(st.permutations(range(latents_NL.shape[1])))
    names = [name for name in NAMES if name not in REFUSING]
    there = score(latents_NL, factors_NK, measures=names)
    assert score(latents_NL[:, order], factors_NK, measures=names) == there


@few_examples
@given(points=points(), exponent=st.integers(-20, 20))
def test_correlations_ignore_scale_and_sign(points, exponent):
    latents_NL, factors_NK = points
    latents_NL = np.clip(latents_NL, -1e200, 1e200)
    latents_NL[np.abs(latents_NL) < 1e-200] = 0.0
    pcc_LK = pcc_matrix(latents_NL, factors_NK)
    assert ((pcc_LK >= 0.0) & (pcc_LK <= 1.0)).all()
    assert np.array_equal(pcc_matrix(-latents_NL * 2.0**exponent, factors_NK), pcc_LK)


def test_collapsed_latents_of_float32_noise_score_like_noise():
    """After posterior collapse latents are not constant but a rounding apart."""
    random = np.random.default_rng(0)
    factors_NK = np.stack([random.integers(n, size=3000) for n in (3, 5)], axis=1)
    noise_NL = 1.0 + np.spacing(np.float32(1.0)) * random.integers(0, 4, (3000, 2))
    got = score(noise_NL.astype(np.float32), factors_NK)
    for name in ("cbd", "mig", "sap", "beta_vae", "explicitness"):
        assert got[name] == pytest.approx(0.0, abs=0.1), name
    assert got["factor_vae"] == 0.0
