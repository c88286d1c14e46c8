"""Stand-ins: shaped as the published data, repeatable, and every factor visible in the pixels."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainers.datasets import DATASETS, open_dataset
from trainers.datasets.synthetic import celeba, mpi3d
from trainers.errors import DataError
from trainers.specs.datasets import DATASETS as SPECS

NAMES = [name for name, spec in SPECS.items() if "synthetic" in spec.sources]


@pytest.fixture(params=NAMES)
def dataset(request):
    return open_dataset(request.param, source="synthetic")


def some_indices(dataset, count, seed=0):
    return np.random.default_rng(seed).choice(len(dataset), count, replace=False)


def test_the_four_datasets_of_the_thesis_have_one():
    assert NAMES == ["mpi3d", "falcor3d", "isaac3d", "celeba"]


def test_fingerprint_and_images_of_classes(dataset):
    """The contract of a dataset is in tests/trainers/contracts."""
    indices = some_indices(dataset, 12)
    assert dataset.fingerprint.startswith(f"{dataset.spec.name}/synthetic")
    assert dataset.all_images() is None
    assert np.array_equal(dataset.draw(dataset.factors(indices)), dataset.images(indices))


def test_no_image_and_no_such_image(dataset):
    assert dataset.images(np.zeros(0, int)).shape == (0, *dataset.spec.image_CHW)
    with pytest.raises(IndexError, match=f"no image {len(dataset)}"):
        dataset.images(np.array([len(dataset)]))
    classes = dataset.factors(np.array([0]))
    classes[0, 1] = dataset.spec.factor_sizes[1]
    with pytest.raises(DataError, match=dataset.spec.factor_names[1]):
        dataset.draw(classes)


def test_one_factor_changed_is_seen(dataset):
    """By at least 16 pixels that differ by more than 8 of 255, whatever the other factors are."""
    rng = np.random.default_rng(1)
    classes = dataset.factors(some_indices(dataset, 24, seed=1))
    before = dataset.draw(classes).astype(int)
    for k, size in enumerate(dataset.spec.factor_sizes):
        changed = classes.copy()
        changed[:, k] = (classes[:, k] + rng.integers(1, size, len(classes))) % size
        moved = (abs(dataset.draw(changed) - before) > 8).any(axis=1).sum(axis=(1, 2))
        assert moved.min() >= 16, dataset.spec.factor_names[k]


def test_a_linear_probe_recovers_every_factor(dataset):
    """Ridge regression onto classes, on 1,200 images in which all factors vary at once. Accuracy on
    400 others is at least five standard deviations above the commonest class."""
    train, test = 1200, 400
    indices = some_indices(dataset, train + test, seed=2)
    images = dataset.images(indices)
    step = images.shape[2] // 64
    features = images[:, :, ::step, ::step].reshape(len(images), -1).astype(np.float32) / 255
    features -= features[:train].mean(axis=0)
    kernel = features @ features[:train].T
    ridge = 0.01 * np.trace(kernel[:train]) / train
    solver = np.linalg.inv(kernel[:train] + ridge * np.eye(train))
    weights = kernel[train:] @ solver
    for k, size in enumerate(dataset.spec.factor_sizes):
        classes = dataset.factors(indices)[:, k]
        targets = np.eye(size)[classes[:train]]
        found = (weights @ (targets - targets.mean(axis=0))).argmax(axis=1)
        chance = np.bincount(classes[train:]).max() / test
        needed = chance + 5 * np.sqrt(chance * (1 - chance) / test)
        accuracy = (found == classes[train:]).mean()
        assert accuracy > needed, (dataset.spec.factor_names[k], accuracy, needed)


def test_mpi3d_moves_one_pixel_a_class():
    classes = np.array([[3, 1, 1, 0, 0, x, 20] for x in range(40)])
    red = np.array(mpi3d.THING_COLORS[3])
    images = mpi3d.draw(classes).transpose(0, 2, 3, 1) / 255
    cosine = (images @ red) / np.maximum(np.linalg.norm(images, axis=3) * np.linalg.norm(red), 1e-9)
    columns = [np.flatnonzero((image > 0.99).any(axis=0)) for image in cosine]
    assert np.all(np.diff([column.min() for column in columns]) == 1)


def test_celeba_attributes_are_drawn_once_for_all():
    first = celeba.attributes()
    assert first.shape == (24_312, 40) and set(np.unique(first)) == {0, 1}
    assert np.all(abs(first.mean(axis=0) - celeba.CHANCE) < 0.02)
    dataset = open_dataset("celeba", source="synthetic")
    assert np.array_equal(dataset.factors(np.array([7, 3])), first[[7, 3]])


def test_registry_and_specs_agree():
    assert list(DATASETS) == list(SPECS)
    for name, opener in DATASETS.items():
        assert set(opener.sources) == set(SPECS[name].sources)
        assert bool(SPECS[name].files) == ("published" in SPECS[name].sources)
        assert SPECS[name].citation
        if SPECS[name].factor_grid:
            assert np.prod(SPECS[name].factor_sizes) == SPECS[name].num_images
        assert len(SPECS[name].factor_names) == len(SPECS[name].factor_sizes)


def test_importing_datasets_loads_nothing_heavy():
    code = (
        "import sys, trainers.datasets\n"
        "heavy = {'torch', 'h5py', 'PIL', 'scipy', 'sklearn', 'pandas', 'ray', 'mlflow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert run.stdout.decode().strip() == "[]", run.stderr.decode()
