"""PNG and JPEG members decoded to arrays. Pillow is loaded on the first picture.

Shapes: C H W image."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from trainers.errors import DataError


@cache
def pillow() -> ModuleType:
    from PIL import Image

    return Image


def decoder(
    path: Path, size_WH: tuple[int, int] | None, fit: Callable[[Any], Any] | None = None
) -> Callable[[bytes, str], np.ndarray]:
    """A function from a member's bytes and name to (3, H, W) uint8.

    size_WH: what the picture must measure.  fit: crops or resizes the picture."""

    def decode(data: bytes, name: str) -> np.ndarray:
        try:
            with pillow().open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                picture.load()
        except Exception as error:  # Pillow raises many types on damaged files
            raise DataError(f"{path}: {name} is no readable picture: {error}") from error
        if picture.mode not in ("RGB", "RGBA"):
            raise DataError(f"{path}: {name} is {picture.mode}, expected RGB")
        if size_WH is not None and picture.size != size_WH:
            raise DataError(f"{path}: {name} measures {picture.size}, expected {size_WH}")
        picture = picture.convert("RGB")
        return np.asarray(fit(picture) if fit else picture).transpose(2, 0, 1)

    return decode


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8 as a square of `size` pixels, by Lanczos as disentanglement_lib."""
    if pixels.shape[:2] == (size, size):
        return pixels
    image = pillow().fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((size, size), pillow().Resampling.LANCZOS))
