"""All mistakes in the arguments of score() are reported at once."""

import numpy as np
import pytest

from trainers.errors import MeasureError
from trainers.measures import pcc_matrix, score
from trainers.measures.representation.checks import constant_factors

Z = np.random.default_rng(0).standard_normal((40, 3))
Y = np.stack([np.arange(40) % 3, np.arange(40) % 4], axis=1)


@pytest.mark.parametrize(
    ("latents", "factors", "words"),
    [
        (Z[:, 0], Y, ["latents have shape (40,)", "(N, L)"]),
        (Z, Y[:, 0], ["factors have shape (40,)", "(N, K)"]),
        (Z[0], Y[0], ["latents have shape (3,)", "factors have shape (2,)"]),
        (Z[None], Y, ["latents have shape (1, 40, 3)"]),
        (Z[:0], Y[:0], ["latents are empty", "factors are empty"]),
        (Z[:, :0], Y, ["latents are empty, shape (40, 0)"]),
        (Z[:30], Y, ["latents have 30 points, factors have 40"]),
        (Z[:1], Y[:1], ["at least 2"]),
        (np.where(Z > 2, np.nan, Z), Y, ["latents hold NaN or infinity", "diverged"]),
        (np.where(Z > 2, -np.inf, Z), Y, ["latents hold NaN or infinity"]),
        (Z, np.where(Y == 3, np.nan, Y), ["factors hold NaN", "columns 1"]),
        (Z, Z, ["factors[:, 0] has 40 different values", "factors[:, 2]", "bin it"]),
        (Z, Y.astype(str), ["factors are of type <U", "numbers"]),
        (Z + 0j, Y, ["latents are of type complex128"]),
        ([[1.0], [1.0, 2.0]], Y, ["latents are of type object"]),
    ],
)
def test_wrong_points_are_refused(latents, factors, words):
    for measure in (score, pcc_matrix):
        with pytest.raises(MeasureError) as error:
            measure(latents, factors)
        for word in words:
            assert word in str(error.value)


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(MeasureError) as error:
        score(Z, Y, measures=["cbd", "mig_supp", "betavae", "cbd"])
    lines = str(error.value).splitlines()
    assert 'measure "mig_supp" is unknown. Did you mean "mig_sup"?' in lines[0]
    assert 'Did you mean "beta_vae"?' in lines[1]
    assert '"cbd" is asked for twice' in lines[2]
    with pytest.raises(MeasureError, match="no measure asked for"):
        score(Z, Y, measures=[])


def test_wrong_settings_are_named_together():
    with pytest.raises(MeasureError) as error:
        score(Z, Y, protocol="thesys", alpha=1.5, seed=0.5)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert "seed = 0.5" in lines[0]
    assert 'Did you mean "thesis"?' in lines[1]
    assert "alpha = 1.5" in lines[2]


def test_measures_that_cannot_be_taken_are_named_together_with_those_that_can():
    with pytest.raises(MeasureError) as error:
        score(Z, Y[:, :1], measures=["mig", "beta_vae", "factor_vae"])
    lines = str(error.value).splitlines()
    assert lines[0] == 'measure "beta_vae" compares factors: at least 2 are needed, there is 1'
    assert lines[1].startswith('measure "factor_vae"')
    assert lines[2].endswith("These measures can score the points: mig")


def test_a_factor_without_shared_values_cannot_be_held():
    identity = np.stack([np.arange(40), Y[:, 0]], axis=1)
    with pytest.raises(MeasureError, match="no two points share a value of some factor"):
        score(Z, identity, measures=["factor_vae"])


def test_a_classifier_for_each_of_too_many_values_is_refused():
    many = np.arange(8000)[:, None]
    with pytest.raises(MeasureError, match="8000 values and 8000 points"):
        score(many.astype(float), many, measures=["explicitness"])


def test_numbers_of_any_kind_are_taken():
    expected = score(Z, Y, measures=["cbd", "mig"])
    assert score(Z.tolist(), Y.tolist(), measures=["cbd", "mig"]) == expected
    assert score(Z, Y / 4.0, measures=["mig"]) == {"mig": expected["mig"]}
    assert score(Z, Y == 1, measures="cbd")["cbd"] > 0.0


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_classes_beyond_2_53_stay_apart(kind):
    """As doubles, every two neighbours of these would be one class."""
    small_NK = np.stack([Y[:, 1], Y[:, 0]], axis=1)
    big_NK = small_NK.astype(kind) + kind(2**62)
    names = ["cbd", "mig", "modularity", "sap"]
    expected = score(Z, small_NK, measures=names)
    assert score(Z, big_NK, measures=names) == pytest.approx(expected, abs=1e-12)


def test_classes_further_apart_than_2_53_stay_apart():
    values = np.array([-(2**63), -(2**63) + 1, 2**63 - 1, 0], dtype=np.int64)
    ranks = np.array([0, 1, 3, 2])
    got = score(Z, values[Y[:, 1]][:, None], measures=["mig", "sap"])
    assert got == score(Z, ranks[Y[:, 1]][:, None], measures=["mig", "sap"])


def test_constant_factors_are_found():
    assert constant_factors(np.array([[1, 5, 0], [2, 5, 0]])) == [1, 2]
    assert constant_factors(Y) == []
