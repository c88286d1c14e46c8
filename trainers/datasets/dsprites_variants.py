"""Colour, noisy and scream dSprites: the shapes of dSprites with random colours or backgrounds.

    color    shape * c            c: uniform in [0.5, 1], one a channel; the background is black
    noisy    min(shape + n, 1)    n: uniform in [0, 1], one a pixel and channel
    scream   b, in the shape 1 - b    b = (crop of The Scream + u) / 2; u: uniform in [0, 1], one a
                                      channel; the place of the 64 x 64 crop is uniform

The definitions are those of Locatello et al. 2019 (disentanglement_lib, `data/ground_truth/
dsprites.py`). Two departures. There, the random part is drawn again each time that an image is
sampled; here it is a function of the dataset's name and the image's index, so an image is the same
at every epoch, in every process and in every measure. Values are multiples of 1/255.

Shapes: B batch, C H W image."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from trainers.datasets.access.prepared import PreparedDataset
from trainers.datasets.rendered_dsprites import SIZE, RenderedDSprites
from trainers.seeds import random_stream
from trainers.specs.datasets import DATASETS, DatasetSpec

VERSION = 1  # increase it whenever a pixel of any variant changes
Paint = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class DSpritesVariant:
    """All 737,280 images of a variant, drawn on access. See dataset.Dataset.

    paint: from a shape (H, W) uint8 of 0 and 255 and a generator to an image (C, H, W) uint8.
    source: what the fingerprint says of the origin of the pixels."""

    scale = 1 / 255

    def __init__(self, name: str, paint: Paint, source: str = "rendered") -> None:
        self.spec = DATASETS[name]
        self.fingerprint = f"{name}/{source}-{VERSION}"
        self._paint = paint
        self._shapes = RenderedDSprites(self.spec)

    def __len__(self) -> int:
        return self.spec.num_images

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        shapes_B1HW = 255 * self._shapes.images(indices_B)
        images_BCHW = np.empty((len(shapes_B1HW), *self.spec.image_CHW), np.uint8)
        for row, (index, shape_1HW) in enumerate(zip(indices_B, shapes_B1HW, strict=True)):
            rng = random_stream(0, self.spec.name, int(index))
            images_BCHW[row] = self._paint(shape_1HW[0], rng)
        return images_BCHW

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        return self._shapes.factors(indices_B)

    def all_images(self) -> None:
        """None: images are drawn on access."""
        return None


def open_color() -> DSpritesVariant:
    return DSpritesVariant("color_dsprites", _in_color)


def open_noisy() -> DSpritesVariant:
    return DSpritesVariant("noisy_dsprites", _in_noise)


def open_scream(folder: Path, spec: DatasetSpec) -> DSpritesVariant:
    """folder: of the prepared picture (`published/scream.py`).

    Raises DataError where it is missing or damaged."""
    prepared = PreparedDataset(folder)
    picture_CHW = prepared.images(np.array([0]))[0]
    source = prepared.fingerprint.removeprefix(f"{spec.name}/")
    return DSpritesVariant(spec.name, partial(_in_picture, picture_CHW), source)


def _in_color(shape_HW: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return shape_HW & _rounded(255 * rng.uniform(0.5, 1, (3, 1, 1)))


def _in_noise(shape_HW: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return shape_HW | rng.integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)


def _in_picture(
    picture_CHW: np.ndarray, shape_HW: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    top, left = (rng.integers(0, length - SIZE) for length in picture_CHW.shape[1:])
    crop_CHW = picture_CHW[:, top : top + SIZE, left : left + SIZE]
    mean_CHW = (crop_CHW + 255 * rng.random((3, 1, 1), dtype=np.float32)) / 2
    return shape_HW ^ _rounded(mean_CHW)  # 255 - b in the shape


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
