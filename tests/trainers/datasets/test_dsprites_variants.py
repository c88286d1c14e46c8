"""Colour, noisy and scream dSprites follow their definitions, and are the same wherever drawn."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainers.datasets import fetch, is_prepared, open_dataset, prepare
from trainers.errors import ConfigError, DataError

SOME = np.arange(0, 737_280, 9_001)  # every factor takes most of its values
NAMES = ("color_dsprites", "noisy_dsprites", "scream_dsprites")


def picture(path, height=274, width=210):
    """Each row has its red, each column its green: the place of a crop is read from its pixels."""
    rng = np.random.default_rng(0)
    pixels = np.full((height, width, 3), 90, np.uint8)
    pixels[..., 0] = rng.integers(0, 256, (height, 1))
    pixels[..., 1] = rng.integers(0, 256, width)
    Image.fromarray(pixels).save(path, format="PNG")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scream")
    prepare("scream_dsprites", picture(folder / "The_Scream.jpg"), folder / "data")
    return folder / "data"


def shapes_and_images(name, data):
    dataset = open_dataset(name, data_dir=data)
    shapes = open_dataset("dsprites").images(SOME)[:, 0].astype(bool)
    images = dataset.images(SOME)
    assert images.dtype == np.uint8 and images.shape == (len(SOME), 3, 64, 64)
    assert np.array_equal(dataset.factors(SOME), open_dataset("dsprites").factors(SOME))
    return shapes, images


def test_color_is_one_color_in_the_shape_and_black_around_it(data):
    shapes, images = shapes_and_images("color_dsprites", data)
    colors = []
    for shape, image in zip(shapes, images, strict=True):
        assert not image[:, ~shape].any()
        [color] = np.unique(image[:, shape], axis=1).T
        colors.append(color)
    assert np.min(colors) >= 128 and np.max(colors) <= 255  # half of 255, rounded
    assert len(np.unique(colors, axis=0)) > 70  # of 82 images
    assert abs(np.mean(colors) - 0.75 * 255) < 3 * 255 / np.sqrt(48 * 3 * len(SOME)) * 2


def test_noise_is_around_a_white_shape(data):
    shapes, images = shapes_and_images("noisy_dsprites", data)
    around = np.broadcast_to(~shapes[:, None], images.shape)
    assert (images[~around] == 255).all()
    counts = np.bincount(images[around], minlength=256)
    mean, deviations = counts.mean(), (counts - counts.mean()) / np.sqrt(counts.mean())
    assert mean > 3000 and abs(deviations).max() < 6  # uniform over the 256 values
    red, green = images[0][0][~shapes[0]], images[0][1][~shapes[0]]
    assert abs(np.corrcoef(red, green)[0, 1]) < 0.08  # channels are independent
    assert len({image.tobytes() for image in images}) == len(images)


def test_scream_is_a_crop_of_the_picture_inverted_in_the_shape(data):
    shapes, images = shapes_and_images("scream_dsprites", data)
    stored = open_dataset("scream_dsprites", data_dir=data)._paint.args[0].astype(float)
    height, width = stored.shape[1:]
    assert (height, width) == (274, 210)
    places, shifts = [], []
    for shape, image in zip(shapes, images, strict=True):
        background = np.where(shape, 255 - image, image).astype(float)
        tops = [_misfit(background[0], stored[0], top, 0) for top in range(height - 64)]
        top = int(np.argmin(tops))
        lefts = [_misfit(background[1], stored[1], top, left) for left in range(width - 64)]
        left = int(np.argmin(lefts))
        crop = stored[:, top : top + 64, left : left + 64]
        shift = (2 * background - crop).mean(axis=(1, 2)) / 255
        expected = (crop + 255 * shift[:, None, None]) / 2
        assert abs(expected - background).max() < 1.1  # rounding, of both
        places.append((top, left))
        shifts.append(shift)
    assert -0.01 < np.min(shifts) < 0.1 and 0.9 < np.max(shifts) < 1.01
    assert abs(np.mean(shifts) - 0.5) < 0.1 and np.std(shifts) > 0.2
    assert len(set(places)) > 70


def _misfit(background, stored, top, left):
    difference = 2 * background - stored[top : top + 64, left : left + 64]
    return difference.std()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_the_same_in_any_batch_order_and_process(name, data):
    one, other = (open_dataset(name, data_dir=data) for _ in range(2))
    assert one.fingerprint == other.fingerprint
    images = one.images(SOME)
    assert np.array_equal(other.images(SOME[::-1])[::-1], images)
    assert np.array_equal(other.images(np.repeat(SOME[5], 3)), images[[5, 5, 5]])
    code = (
        "import hashlib, numpy, trainers.datasets as d\n"
        f"images = d.open_dataset({name!r}, data_dir={str(data)!r}).images(numpy.arange(50))\n"
        "print(hashlib.sha256(images.tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    there = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    here = hashlib.sha256(one.images(np.arange(50)).tobytes()).hexdigest()
    assert there.stdout.decode().strip() == here, there.stderr


def test_a_missing_picture_is_refused_in_one_line(tmp_path):
    with pytest.raises(DataError) as caught:
        open_dataset("scream_dsprites", data_dir=tmp_path)
    text = str(caught.value)
    assert "sweeper data fetch scream_dsprites" in text and "\n" not in text
    assert "download The_Scream.jpg" in text and "--source FILE" in text


def test_the_picture_is_brought_to_the_size_of_the_study(tmp_path):
    prepared = prepare("scream_dsprites", picture(tmp_path / "s.png", 1096, 840), tmp_path)
    assert prepared.spec.image_CHW == (3, 274, 210)  # within 350 x 274, with its proportions


@pytest.mark.parametrize(("height", "width"), [(64, 300), (900, 100)])
def test_a_picture_too_small_for_a_crop(height, width, tmp_path):
    with pytest.raises(DataError, match="more than 64 in each direction"):
        prepare("scream_dsprites", picture(tmp_path / "s.png", height, width), tmp_path)
    assert not is_prepared("scream_dsprites", tmp_path)


def test_a_picture_that_cannot_be_read(tmp_path):
    (tmp_path / "s.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="s.jpg is no readable picture"):
        prepare("scream_dsprites", tmp_path / "s.jpg", tmp_path)


def test_another_picture_is_another_fingerprint(data, tmp_path):
    prepare("scream_dsprites", picture(tmp_path / "s.jpg", 600, 420), tmp_path)
    one, other = (open_dataset("scream_dsprites", data_dir=d) for d in (data, tmp_path))
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize("name", ["color_dsprites", "noisy_dsprites"])
def test_drawn_variants_have_nothing_to_fetch(name, tmp_path):
    for call in (lambda: fetch(name, tmp_path), lambda: prepare(name, tmp_path, tmp_path)):
        with pytest.raises(ConfigError, match="nothing to download"):
            call()
    with pytest.raises(ConfigError, match="allowed: rendered"):
        open_dataset(name, source="published")
