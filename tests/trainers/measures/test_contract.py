"""Invariances of each measure besides those of tests/trainers/contracts, and its scores of
codes with a known answer."""

import inspect

import numpy as np
import pytest

from trainers.errors import MeasureError
from trainers.measures import MEASURES, score
from trainers.specs import measures as specs

# Expected of the grid of 4 x 5 x 6 classes, as (identity, constant, duplicated) codes. A pair is
# an interval, where a classifier or a forest decides. Constant codes carry nothing; in duplicated
# codes each latent comes twice.
LN = {n: np.log(n) for n in (4, 5, 6, 10, 20)}
EMPTY_JEMMIG = {
    bins: float(np.mean([LN[bins] / (LN[n] + LN[bins]) for n in (4, 5, 6)])) for bins in (10, 20)
}
# The other latents predict the most frequent value: 1 of V. A tree is always right; a linear
# classifier is right at least for the lowest and the highest value: 2 of V.
CHANCE = float(np.mean([1 / n for n in (4, 5, 6)]))
SUM_OF_VARIANCES = sum((n * n - 1) / 12 for n in (4, 5, 6)) * 1200 / 1199
BOTH = {
    "cbd": (1.0, 0.0, 0.5),
    "cbd_compactness": (1.0, 0.0, 1.0),
    "cbd_modularity": (1.0, 0.0, 0.0),
    "mig": (1.0, 0.0, 0.0),
    "mig_sup": (1.0, 0.0, 1.0),
    "modularity": (1.0, 0.0, 1.0),
    "sap_regression": (1.0, 0.0, 0.0),
    "irs": (1.0, 0.0, 1.0),
    "dci_disentanglement": ((0.999, 1.0), 0.0, (0.999, 1.0)),
    # Two copies share the importance: all for one would be 1, half each 1 - ln 2 / ln 6 = 0.613.
    "dci_completeness": ((0.999, 1.0), 0.0, (0.6, 0.9)),
    "dci_informativeness": ((0.999, 1.0), 0.0, (0.999, 1.0)),
    "dcimig": (1.0, 0.0, 1.0),
    "infom": ((0.95, 1.0), 0.0, (0.95, 1.0)),
    # Two of six latents share the information of a factor: (1/2 - 1/6) / (1 - 1/6) = 0.4.
    "infoc": ((0.95, 1.0), 0.0, (0.37, 0.43)),
    "infoe": ((0.98, 1.0), (-1e-6, 1e-6), (0.98, 1.0)),
    "dcies_explicitness": ((0.3, 1.0), 1.0, (0.3, 1.0)),
    "dcies_informativeness": ((0.99, 1.0), (0.1, 0.3), (0.99, 1.0)),
    "dcies_size": (1.0, 1.0, 0.5),
    "gaussian_total_correlation": (0.0, 0.0, None),  # infinite
    # Of copies with variance v, V has the roots 0 and sqrt(2) v: 2 (2 v) - 2 sqrt(2) v a factor.
    "gaussian_wasserstein_correlation": (0.0, 0.0, (4 - 2 * 2**0.5) * SUM_OF_VARIANCES),
    "gaussian_wasserstein_correlation_norm": (0.0, 0.0, 2 - 2**0.5),
    # Each of the six latents shares its entropy with one of the five others.
    "mutual_info_score": (0.0, 0.0, float(np.mean([LN[n] for n in (4, 5, 6)])) / 5),
}
EXPECTED = {
    "thesis": BOTH
    | {
        "beta_vae": (1.0, (-0.05, 0.05), 1.0),
        "factor_vae": (1.0, 0.0, 1.0),
        "explicitness": (1.0, 0.0, 1.0),
        "sap": (1.0 - CHANCE, 0.0, 0.0),
        "jemmig": (1.0, EMPTY_JEMMIG[10], EMPTY_JEMMIG[10]),
    },
    "locatello": BOTH
    | {
        "beta_vae": (1.0, (0.28, 0.39), 1.0),
        "factor_vae": (1.0, 0.0, 1.0),
        "explicitness": (1.0, 0.5, 1.0),
        "sap": ((CHANCE, 1.0 - CHANCE), 0.0, 0.0),
        "jemmig": (1.0, EMPTY_JEMMIG[20], EMPTY_JEMMIG[20]),
    },
}
CODES = {
    "identity": lambda factors_NK: factors_NK.astype(np.float32),
    "constant": lambda factors_NK: np.full(factors_NK.shape, 0.1, dtype=np.float32),
    "duplicated": lambda factors_NK: np.repeat(factors_NK, 2, axis=1).astype(np.float32),
}
PROTOCOLS = pytest.mark.parametrize("protocol", ["thesis", "locatello"])
DCI_ES = ("dcies_explicitness", "dcies_informativeness")
FORESTS = ("dci_disentanglement", "dci_completeness", "dci_informativeness", *DCI_ES)
INFOMEC = ("infom", "infoc")


def without(*names: str) -> list[str]:
    return [name for name in MEASURES if name not in names]


def some(scores: dict[str, float], names: list[str]) -> dict[str, float]:
    """A score does not depend on what else is asked for, as a test below shows."""
    return {name: scores[name] for name in names}


@pytest.fixture(scope="module")
def scored(mixed):
    """PROTOCOL -> the scores of `mixed` by every measure, to compare others with."""
    return {protocol: score(*mixed, protocol=protocol) for protocol in ("thesis", "locatello")}


def test_registry_and_specs_name_the_same_measures_in_the_same_order():
    assert list(MEASURES) == list(specs.MEASURES)
    assert set(specs.DEFAULT_MEASURES) <= set(MEASURES)
    needs_grid = {name for name, spec in specs.MEASURES.items() if spec.needs == "factor grid"}
    assert needs_grid == {"beta_vae", "factor_vae", "irs"}


@PROTOCOLS
def test_every_measure_has_expected_values(protocol):
    assert set(EXPECTED[protocol]) == set(MEASURES)


@PROTOCOLS
@pytest.mark.parametrize("code", list(CODES))
def test_codes_with_a_known_answer(code, protocol, grid_NK):
    number = list(CODES).index(code)
    expected = {name: values[number] for name, values in EXPECTED[protocol].items()}
    names = [name for name, value in expected.items() if value is not None]
    got = score(CODES[code](grid_NK), grid_NK, measures=names, protocol=protocol)
    for name in names:
        value = expected[name]
        low, high = value if isinstance(value, tuple) else (value, value)
        assert low - 1e-9 <= got[name] <= high + 1e-9, (name, got[name])


def test_permuting_latents_moves_no_bit(mixed, scored):
    """By the other protocol than that of tests/trainers/contracts."""
    latents_NL, factors_NK = mixed
    permuted_NL = latents_NL[:, [2, 0, 3, 1]]
    assert score(permuted_NL, factors_NK, protocol="locatello") == scored["locatello"]


@PROTOCOLS
def test_permuting_factors_moves_no_bit_but_of_factor_vae(protocol, mixed, scored):
    latents_NL, factors_NK = mixed
    names = without("factor_vae")
    there = score(latents_NL, factors_NK[:, [1, 2, 0]], protocol=protocol, measures=names)
    assert there == some(scored[protocol], names)


def test_permuting_factors_moves_factor_vae_no_more_than_a_seed_does(mixed, scored):
    latents_NL, factors_NK = mixed
    there = scored["thesis"]["factor_vae"]
    back = score(latents_NL, factors_NK[:, [1, 2, 0]], measures=["factor_vae"])["factor_vae"]
    assert back == pytest.approx(there, abs=0.05)


@PROTOCOLS
def test_only_sampled_measures_follow_the_seed(protocol, mixed, scored):
    first, other = scored[protocol], score(*mixed, protocol=protocol, seed=4)
    moved = {name for name in MEASURES if other[name] != first[name]}
    assert moved <= {"beta_vae", "factor_vae", *INFOMEC, *FORESTS}
    assert moved


def test_same_seed_same_scores(mixed, scored):
    """By the other protocol than that of tests/trainers/contracts."""
    assert score(*mixed, protocol="locatello") == scored["locatello"]


def test_dependent_latents_have_no_finite_total_correlation(mixed):
    latents_NL, factors_NK = mixed
    with pytest.raises(MeasureError, match="linearly dependent"):
        score(latents_NL[:, [0, 1, 0]], factors_NK, measures=["gaussian_total_correlation"])


def test_pure_noise_scores_high_in_what_is_never_shown_alone():
    random = np.random.default_rng(1)
    factors_NK = np.stack([random.integers(n, size=3000) for n in (3, 5, 8)], axis=1)
    got = score(random.standard_normal((3000, 3)), factors_NK)
    assert got["infom"] > 0.3 and got["infoe"] < 0.02
    assert got["dcies_explicitness"] > 0.9 and got["dcies_informativeness"] < 0.3
    for name in ("infom", "infoc", "dcies_explicitness"):
        assert specs.MEASURES[name].companion in specs.with_companions([name])


def test_a_score_does_not_depend_on_what_else_is_asked_for(mixed, scored):
    together = scored["thesis"]
    for name in ("cbd", "beta_vae", "factor_vae", "mig", "explicitness", "dci_completeness"):
        assert score(*mixed, measures=[name]) == {name: together[name]}
    assert list(score(*mixed, measures=["sap", "cbd"])) == ["sap", "cbd"]


@PROTOCOLS
def test_float32_and_its_float64_score_the_same(protocol, mixed, scored):
    """And factors of any type; here each protocol has another."""
    latents_NL, factors_NK = mixed
    retyped_NK = factors_NK.astype({"thesis": np.int16, "locatello": np.float32}[protocol])
    assert score(latents_NL.astype(np.float64), retyped_NK, protocol=protocol) == scored[protocol]


@PROTOCOLS
def test_flipping_signs_moves_nothing(protocol, mixed, scored):
    """Forests break ties at random, so those of DCI are left out."""
    latents_NL, factors_NK = mixed
    names = without(*FORESTS)
    flipped_NL = latents_NL * np.array([1, -1, 1, -1], dtype=np.float32)
    got = score(flipped_NL, factors_NK, measures=names, protocol=protocol)
    expected = some(scored[protocol], names)
    # Fitted regressions end within their tolerance of the same minimum.
    assert got == pytest.approx(expected, abs=1e-4)


@PROTOCOLS
def test_scale_of_a_latent_matters_only_where_it_should(protocol, mixed, scored):
    """beta_vae and locatello's sap penalise unscaled coefficients, factor_vae, infom and infoc drop
    small latents, irs and the Wasserstein distance weight by scale; nothing else may change when
    each latent is scaled and shifted."""
    latents_NL, factors_NK = mixed
    penalised = ["sap"] if protocol == "locatello" else []
    weighted = [name for name in MEASURES if "wasserstein" in name]
    names = without("beta_vae", "factor_vae", "irs", *INFOMEC, *penalised, *weighted, *FORESTS)
    scaled_NL = latents_NL.astype(np.float64) * [3.0, 0.7, 100.0, 1e-3] + [1.0, -5.0, 0.0, 2.0]
    got = score(scaled_NL, factors_NK, measures=names, protocol=protocol)
    expected = some(scored[protocol], names)
    assert got == pytest.approx(expected, abs=1e-6)


def test_class_numbers_need_not_start_at_0_or_be_integers(mixed, scored):
    latents_NL, factors_NK = mixed
    expected = some(scored["thesis"], without(*FORESTS))
    for relabelled_NK in (factors_NK * 3 - 50, factors_NK / 7.0):
        got = score(latents_NL, relabelled_NK, measures=without(*FORESTS))
        assert got == pytest.approx(expected, abs=1e-3)


def test_scores_do_not_depend_on_the_number_of_threads(mixed):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    scores = []
    for limit in (1, 2):
        with threadpoolctl.threadpool_limits(limit):
            scores.append(score(*mixed))
    assert scores[0] == scores[1]


@pytest.mark.parametrize("name", MEASURES)
def test_every_docstring_says_what_a_reader_needs(name):
    document = inspect.getmodule(MEASURES[name]).__doc__
    for label in ("Source:", "Range:", "Needs:", "Estimator:", "Failure cases:"):
        assert f"\n{label} " in document, label
    direction = "lower" if specs.MEASURES[name].lower_is_better else "higher"
    assert f"{direction} is better" in document
    needs = {"latents": "latents alone", "factors": "factor labels", "factor grid": "a factor grid"}
    assert f"Needs: {needs[specs.MEASURES[name].needs]}" in document
