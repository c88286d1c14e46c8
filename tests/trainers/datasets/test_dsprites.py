"""The drawn dSprites against the published ones, and against a plain point-in-polygon test."""

from pathlib import Path

import numpy as np
import pytest

from trainers.datasets import rendered_dsprites
from trainers.errors import DataError

FRAMES = np.load(Path(__file__).parent / "dsprites_real_frames.npz", allow_pickle=False)
SQUARE, ELLIPSE, HEART = range(3)


def image_of(shape, scale=5, orientation=0, x=0, y=0):
    return rendered_dsprites.render(np.array([[shape, scale, orientation, x, y]]))[0]


def test_published_frames_are_reproduced():
    wrong_B = (rendered_dsprites.render(FRAMES["classes"]) != FRAMES["images"]).sum(axis=(1, 2))
    assert wrong_B.mean() <= 0.2
    assert wrong_B.max() <= 4
    assert np.mean(wrong_B == 0) >= 0.95


@pytest.mark.parametrize(
    "shape, counts",
    [
        (SQUARE, [100, 144, 196, 256, 324, 400]),
        (ELLIPSE, [76, 104, 144, 184, 228, 288]),
        (HEART, [58, 84, 108, 140, 182, 222]),
    ],
)
def test_areas_of_published_images(shape, counts):
    assert [int(image_of(shape, scale).sum()) for scale in range(6)] == counts


@pytest.mark.parametrize(
    "shape, columns, rows",
    [(SQUARE, (6, 25), (6, 25)), (ELLIPSE, (3, 28), (9, 22)), (HEART, (6, 25), (7, 23))],
)
def test_boxes_of_published_images(shape, columns, rows):
    rows_on, columns_on = np.nonzero(image_of(shape))
    assert (columns_on.min(), columns_on.max()) == columns
    assert (rows_on.min(), rows_on.max()) == rows


def test_orientations_0_and_39_are_one():
    classes = np.array([[s, k, 0, 3, 7] for s in range(3) for k in range(6)])
    turned = classes + [0, 0, 39, 0, 0]
    assert np.array_equal(rendered_dsprites.render(classes), rendered_dsprites.render(turned))


def test_rows_match_a_plain_point_in_polygon_test():
    rng = np.random.default_rng(0)
    classes_BK = rng.integers(0, [3, 6, 40, 32, 32], size=(60, 5))
    drawn_BHW = rendered_dsprites.render(classes_BK)
    for classes_K, drawn_HW in zip(classes_BK, drawn_BHW, strict=True):
        assert np.array_equal(drawn_HW, inside(classes_K))


def inside(classes_K):
    """(64, 64): whether each pixel's centre is inside the outline, by the even-odd rule."""
    corners = rendered_dsprites.outline(*classes_K[:3]) + 16 + 32 * classes_K[3:] / 31
    y, x = np.mgrid[0:64, 0:64] + 0.5
    crossings = np.zeros((64, 64), dtype=int)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        spans = (y0 <= y) != (y1 <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings += spans & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return crossings % 2


def test_right_and_down():
    corner, right, down = (image_of(HEART, x=x, y=y) for x, y in ((0, 0), (31, 0), (0, 31)))
    assert np.array_equal(np.roll(corner, 32, axis=1), right)
    assert np.array_equal(np.roll(corner, 32, axis=0), down)


@pytest.mark.parametrize(
    "classes, message",
    [
        (np.zeros(5, dtype=int), r"shape \(5,\).*columns shape, scale"),
        (np.zeros((2, 6), dtype=int), r"shape \(2, 6\)"),
        (np.zeros((2, 5)), "float64.*integers"),
        (np.array([[0, 6, 0, -1, 0]]), "scale = 6, allowed 0 to 5; posX = -1, allowed 0 to 31"),
        (np.array([["a"] * 5]), "expected integers"),
    ],
)
def test_bad_classes_are_named(classes, message):
    with pytest.raises(DataError, match=message):
        rendered_dsprites.render(classes)


def test_dataset_draws_by_index():
    dataset = rendered_dsprites.RenderedDSprites()
    indices = np.array([0, 245_760, 737_279, 33])
    classes = dataset.factors(indices)
    assert classes.tolist() == [
        [0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [2, 5, 39, 31, 31],
        [0, 0, 0, 1, 1],
    ]
    images = dataset.images(indices)
    assert images.shape == (4, 1, 64, 64) and images.dtype == np.uint8
    assert np.array_equal(images[:, 0], rendered_dsprites.render(classes))
    assert len(dataset) == 737_280 and dataset.all_images() is None


def test_no_indices_give_no_images():
    assert rendered_dsprites.render(np.zeros((0, 5), dtype=int)).shape == (0, 64, 64)
    assert rendered_dsprites.RenderedDSprites().images(np.zeros(0, dtype=int)).shape == (
        0,
        1,
        64,
        64,
    )


@pytest.mark.parametrize("index", [-1, 737_280])
def test_outside_the_dataset(index):
    with pytest.raises(IndexError, match=f"no image {index}: the dataset has images 0 to 737279"):
        rendered_dsprites.RenderedDSprites().images(np.array([3, index]))
