"""The picture of The Scream (Edvard Munch, 1893), from which scream dSprites cuts its backgrounds.

Brought to at most 350 x 274 pixels with its proportions, as disentanglement_lib does. The prepared
form is this one picture without factors; the shapes are drawn over it (`dsprites_variants.py`).

Shapes: C H W image."""

from dataclasses import replace
from typing import Any

import numpy as np

from trainers.datasets.formats.pictures import decoder, pillow
from trainers.datasets.published.reading import PublishedFile, ReadRequest
from trainers.errors import DataError

MOST_WH = (350, 274)


def read(request: ReadRequest) -> PublishedFile:
    """One image (1, 3, H, W) uint8 and no factors. Any picture of the painting is accepted."""
    path, size = request.file(".jpg", ".jpeg", ".png"), request.spec.image_CHW[1]
    picture_CHW = decoder(path, None, _fit)(path.read_bytes(), path.name)
    if min(picture_CHW.shape[1:]) <= size:
        height, width = picture_CHW.shape[1:]
        raise DataError(
            f"{path}: {width} x {height} pixels when brought to at most 350 x 274; expected more "
            f"than {size} in each direction, since crops of {size} x {size} are cut from it"
        )
    spec = replace(
        request.spec,
        factor_names=(),
        factor_sizes=(),
        image_CHW=picture_CHW.shape,
        num_images=1,
        factor_grid=False,
    )
    factors_NK = np.zeros((1, 0), np.int64)
    return PublishedFile(spec, factors_NK, lambda start: iter([picture_CHW[None]][start:]))


def _fit(picture: Any) -> Any:
    picture.thumbnail(MOST_WH, pillow().Resampling.BICUBIC, reducing_gap=None)
    return picture
