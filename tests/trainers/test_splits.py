"""Splits and minibatches: disjoint, seeded, independent of history."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.errors import ConfigError
from trainers.splits import MinibatchSampler, split


@given(
    num_images=st.integers(10, 500),
    validation=st.floats(0.05, 0.4),
    test=st.floats(0, 0.4),
    seed=st.integers(0, 99),
)
def test_the_parts_are_disjoint_and_complete(num_images, validation, test, seed):
    parts = split(num_images, seed=seed, validation_fraction=validation, test_fraction=test)
    whole = np.concatenate([parts.train, parts.validation, parts.test])
    assert np.array_equal(np.sort(whole), np.arange(num_images))
    assert len(parts.validation) == int(num_images * validation)
    assert len(parts.test) == int(num_images * test)


def test_the_thesis_split_is_nine_to_one():
    parts = split(737_280, seed=0, validation_fraction=0.1, test_fraction=0.0)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (663_552, 73_728, 0)


def test_an_epoch_draws_each_image_once():
    train = np.arange(100, 160)
    batches = MinibatchSampler(train, batch_size=8, seed=3)
    epoch = np.concatenate([batches.indices(t) for t in range(1, 8)])
    assert len(epoch) == 56  # seven complete batches of 60 images; the rest is dropped
    assert len(set(epoch.tolist())) == 56
    assert set(epoch.tolist()) <= set(train.tolist())


def test_epochs_differ_from_one_another():
    batches = MinibatchSampler(np.arange(64), batch_size=64, seed=3)
    assert not np.array_equal(batches.indices(1), batches.indices(2))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_minibatch_t_does_not_depend_on_what_was_drawn_before(history):
    train = np.arange(50)
    walked = MinibatchSampler(train, batch_size=8, seed=1)
    for t in history:
        fresh = MinibatchSampler(train, batch_size=8, seed=1)
        assert np.array_equal(walked.indices(t), fresh.indices(t))


def test_a_batch_larger_than_the_split_is_refused_with_the_limit():
    with pytest.raises(ConfigError, match="batch_size = 65 .* at most 64"):
        MinibatchSampler(np.arange(64), batch_size=65, seed=0)


def test_without_a_validation_split_the_training_images_are_scored():
    parts = split(1000, seed=0, validation_fraction=0.0, test_fraction=0.1)
    assert len(parts.train) == 900 and (parts.validation == parts.train).all()
    assert not set(parts.test) & set(parts.validation)
