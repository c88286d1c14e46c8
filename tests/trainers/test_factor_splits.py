"""Distributions over factors: drawn as defined, equal however written, and resumed exactly."""

import numpy as np
import pytest

from tests.trainers.test_training import (
    assert_equal_milestones,
    finish,
    milestone,
    open_training,
    tiny_network,  # noqa: F401  (a fixture)
)
from tests.trainers.toy import Toy, toy_config
from trainers.config_checks import parse_config
from trainers.datasets import open_dataset
from trainers.errors import ConfigError
from trainers.factor_splits import FactorSplit, factor_split, is_any_left, problems
from trainers.specs.datasets import DatasetSpec
from trainers.splits import MinibatchSampler, sampler

BOTH = {"correlate": [["row", "column", 0.2]], "without": [{"row": [0, 1], "brightness": [2, 2]}]}
SIZES = dict(zip(Toy.spec.factor_names, Toy.spec.factor_sizes, strict=True))


def drawn_classes(plain, batches=400, size=100):
    toy = Toy()
    made = sampler(np.arange(len(toy)), size, 3, factor_split(plain), toy.spec, toy.factors)
    return toy.factors(np.concatenate([made.indices(t) for t in range(1, batches + 1)]))


def test_images_are_drawn_in_proportion_to_the_stated_density():
    classes = drawn_classes({"correlate": [["row", "column", 0.3]]})
    counts = np.zeros((4, 4))
    np.add.at(counts, (classes[:, 0], classes[:, 1]), 1)
    expected = np.array(
        [[np.exp(-((a / 3 - b / 3) ** 2) / (2 * 0.3**2)) for b in range(4)] for a in range(4)]
    )
    expected *= len(classes) / expected.sum()
    assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()
    brightness = np.bincount(classes[:, 2]) / len(classes)
    assert abs(brightness - 1 / 3).max() < 0.02  # other factors stay uniform


def test_factors_of_different_sizes_are_compared_over_their_ranges():
    """Largest value with largest value: rows 0 to 3, brightness 0 to 2."""
    classes = drawn_classes({"correlate": [["row", "brightness", 0.01]]}, batches=20)
    assert set(map(tuple, classes[:, [0, 2]])) == {(0, 0), (3, 2)}


def test_left_out_combinations_are_never_drawn_and_all_others_are():
    classes = drawn_classes({"without": BOTH["without"]}, batches=30)
    left_out = (classes[:, 0] <= 1) & (classes[:, 2] == 2)
    assert not left_out.any()
    assert len(np.unique(classes, axis=0)) == 48 - 2 * 4


def test_both_at_once():
    classes = drawn_classes(BOTH)
    assert not ((classes[:, 0] <= 1) & (classes[:, 2] == 2)).any()
    assert np.corrcoef(classes[:, 0], classes[:, 1])[0, 1] > 0.5


def test_a_very_small_sigma_draws_what_is_nearest():
    classes = drawn_classes(
        {"correlate": [["row", "column", 1e-6]], "without": [{"row": [0, 0], "column": [0, 0]}]},
        batches=10,
    )
    assert set(map(tuple, classes[:, :2])) == {(1, 1), (2, 2), (3, 3)}


def test_minibatch_t_does_not_depend_on_what_was_drawn_before():
    toy, split = Toy(), factor_split(BOTH)
    train = np.arange(len(toy))
    walked, fresh = (sampler(train, 8, 1, split, toy.spec, toy.factors) for _ in range(2))
    for t in (1, 2, 3):
        walked.indices(t)
    assert np.array_equal(walked.indices(9), fresh.indices(9))
    assert not np.array_equal(fresh.indices(9), fresh.indices(10))


def test_without_a_distribution_minibatches_are_as_before():
    toy, train = Toy(), np.arange(100)
    made = sampler(train, 8, 1, FactorSplit(), toy.spec, toy.factors)
    assert np.array_equal(made.indices(7), MinibatchSampler(train, 8, 1).indices(7))


def test_synthetic_stand_ins_and_attributes_without_a_grid():
    dataset = open_dataset("celeba", source="synthetic")
    split = factor_split({"without": [{"Male": [1, 1], "Smiling": [0, 0]}]})
    made = sampler(np.arange(2000), 64, 0, split, dataset.spec, dataset.factors)
    names = dataset.spec.factor_names
    classes = dataset.factors(np.concatenate([made.indices(t) for t in range(1, 10)]))
    male, smiling = classes[:, names.index("Male")], classes[:, names.index("Smiling")]
    assert not ((male == 1) & (smiling == 0)).any() and male.any() and (smiling == 0).any()


def test_the_same_distribution_is_equal_however_it_is_written():
    one = factor_split({"correlate": [["b", "a", 0.2], ["c", "a", 1]], "without": [{"c": [0, 1]}]})
    other = factor_split(
        {"without": [{"c": (0, 1)}], "correlate": [["a", "c", 1.0], ["a", "b", 0.2]]}
    )
    assert one == other and one.to_dict() == other.to_dict()
    assert factor_split(one.to_dict()) == one


def test_the_identity_holds_it_only_where_it_is_given():
    plain = toy_config().identity()
    given = toy_config(
        dataset="dsprites", factors=factor_split({"correlate": [["shape", "posX", 0.2]]})
    )
    assert "factors" not in plain and "factors" not in toy_config().to_dict()
    assert given.identity() == plain | {"factors": {"correlate": [["posX", "shape", 0.2]]}}
    assert parse_config(given.to_dict()) == given


@pytest.mark.parametrize(
    ("plain", "where", "said"),
    [
        ({"correlate": [["row", "size", 0.2]]}, ("correlate", 0), "no factor. Known: row, column"),
        ({"correlate": [["row", "row", 0.2]]}, ("correlate", 0), "with itself"),
        ({"correlate": [["row", "column", 0]]}, ("correlate", 0), "above 0"),
        ({"correlate": [["row", "column", 1], ["column", "row", 2]]}, ("correlate", 1), "second"),
        ({"without": [{"row": [2, 4]}]}, ("without", 0), "row 2-4; allowed are 0 to 3"),
        ({"without": [{"row": [2, 1]}]}, ("without", 0), "the lower first"),
        ({"without": [{"row": [0, 1]}, {"row": [2, 3]}]}, (), "nothing is left"),
    ],
)
def test_mistakes(plain, where, said):
    found = list(problems(factor_split(plain), SIZES))
    assert [place for place, _ in found] == [where] and said in found[0][1]


def test_overlapping_boxes_can_leave_out_everything_together():
    boxes = factor_split({"without": [{"a": [0, 5]}, {"a": [4, 9], "b": [0, 2]}, {"b": [3, 9]}]})
    assert not is_any_left(boxes.without, {"a": 10, "b": 10})
    assert is_any_left(boxes.without[:2], {"a": 10, "b": 10})


def test_a_training_refuses_factors_that_its_dataset_does_not_have():
    with pytest.raises(ConfigError) as caught:
        toy_config(factors=factor_split({"correlate": [["shap", "posX", 0]]}))
    assert "'shap'" in str(caught.value) and "above 0" in str(caught.value)
    with pytest.raises(ConfigError, match=r"factors: .*\[\[a, b, sigma\], \.\.\]"):
        parse_config(toy_config().to_dict() | {"factors": {"correlate": [["a", "b"]]}})
    spec = DatasetSpec("own", "own", ("row",), (1,), (1, 8, 8), "mlp")
    with pytest.raises(ConfigError, match="own.*'column', which is no factor"):
        split = factor_split({"without": [{"column": [0, 0]}]})
        sampler(np.arange(9), 2, 0, split, spec, lambda indices: np.zeros((9, 1), int))


def test_where_no_image_of_a_small_file_is_left():
    spec = DatasetSpec("own", "own", ("row",), (3,), (1, 8, 8), "mlp", factor_grid=False)
    split = factor_split({"without": [{"row": [0, 0]}]})
    with pytest.raises(ConfigError, match="leaves no image of own"):
        sampler(np.arange(9), 2, 0, split, spec, lambda indices: np.zeros((9, 1), int))


def toy_config_with(plain):
    """The toy dataset has other factors than dSprites, under whose name it is trained."""
    config = toy_config()
    object.__setattr__(config, "factors", factor_split(plain))
    return config


def test_a_killed_and_resumed_training_is_bitwise_the_same(tmp_path):
    config = toy_config_with(BOTH)
    finish(open_training(tmp_path / "straight", config))
    first = open_training(tmp_path / "killed", config, checkpoint_s=0)
    while first.iteration < 30:
        first.advance(1e-9)
    first.close()
    second = open_training(tmp_path / "killed", config)
    assert 0 < second.iteration <= 30
    finish(second)
    for iteration in (20, 40):
        one, other = (milestone(tmp_path / name, iteration) for name in ("straight", "killed"))
        assert_equal_milestones(one, other)


def test_scores_are_of_all_combinations_and_losses_differ(tmp_path):
    for name, plain in (("plain", {}), ("without", {"without": [{"row": [0, 2]}]})):
        finish(open_training(tmp_path / name, toy_config_with(plain)))
    plain, without = (milestone(tmp_path / name, 40) for name in ("plain", "without"))
    assert np.array_equal(plain.indices_N, without.indices_N)
    assert (without.factors_NK[:, 0] <= 2).any()
    assert not np.array_equal(plain.trajectory_ST, without.trajectory_ST)
