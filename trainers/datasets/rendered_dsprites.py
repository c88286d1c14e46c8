"""dSprites drawn from its geometry: no file needed, the published frames to a few edge pixels.

A pixel (row r, column c) is on iff its centre (c + 0.5, r + 0.5) lies inside the shape; y points
down. The shape sits at (16 + 32 posX, 16 + 32 posY), scaled, and turned counter-clockwise as seen
on the screen. Sizes were recovered from the 320 frames of the dataset's animation (Matthey et al.
2017, github.com/google-deepmind/dsprites-dataset); the drawing program itself is unpublished.

Each (shape, scale, orientation) is an outline; a scan line crosses it at most four times. The
crossings of all 720 outlines with all scan lines are computed once (about 0.1 s, 5 MB); an image
is then a gather of crossings, turned into 64-bit rows by a table of masks.

Shapes: B batch, C H W image, K factors, V vertices, T templates (shape, scale, orientation),
P vertical positions, R rows a shape may touch."""

from functools import cache

import numpy as np

from trainers.datasets.access.checks import check_classes, check_indices
from trainers.datasets.access.factor_grid import classes_of
from trainers.specs.datasets import DATASETS, DatasetSpec

SIZE = 64
REACH = 14  # rows above and below the centre that the largest shape may touch: 13.6 pixels
HALF_SIDE = 9.6  # pixels, at scale 1
ELLIPSE_STRETCH = 1.33
FINGERPRINT = "dsprites/rendered-1"

_TAU = 2 * np.pi
# Positions are 16 + 32 i / 31 pixels, so a column's centre, in units of 1/62 pixel, is an integer
# minus a crossing. Rounding crossings to that unit (outwards-in) therefore changes no pixel.
_UNIT = 62


class RenderedDSprites:
    """All 737,280 images of dSprites, drawn on access. See dataset.Dataset."""

    scale = 1.0
    fingerprint = FINGERPRINT

    def __init__(self, spec: DatasetSpec = DATASETS["dsprites"]) -> None:
        self.spec = spec

    def __len__(self) -> int:
        return self.spec.num_images

    def images(self, indices_B: np.ndarray) -> np.ndarray:
        return _draw(self.factors(indices_B))[:, None]

    def factors(self, indices_B: np.ndarray) -> np.ndarray:
        return classes_of(check_indices(indices_B, len(self)), self.spec.factor_sizes)

    def all_images(self) -> None:
        """None: images are drawn on access."""
        return None


def render(classes_BK: np.ndarray) -> np.ndarray:
    """Images (B, 64, 64) uint8 of 0 and 1 of classes (B, 5): shape, scale, orientation, posX, posY.

    Raises DataError unless classes are integers of that shape, each within its factor's range."""
    return _draw(check_classes(classes_BK, DATASETS["dsprites"]))


def _draw(classes_BK: np.ndarray) -> np.ndarray:
    shape, scale, orientation, x, y = classes_BK.T
    template = (shape * 6 + scale) * 40 + orientation
    crossings_BR4 = _crossings()[template, y] + (64 * x)[:, None, None]
    bits_BR = np.bitwise_xor.reduce(_row_masks()[crossings_BR4], axis=2)
    bits_BH = np.zeros((len(classes_BK), SIZE), dtype="<u8")
    rows_BR = _first_rows()[y][:, None] + np.arange(2 * REACH + 1)
    bits_BH[np.arange(len(classes_BK))[:, None], rows_BR] = bits_BR
    packed = bits_BH.view(np.uint8).reshape(-1, SIZE, SIZE // 8)
    return np.unpackbits(packed, axis=2, bitorder="little")


def outline(shape: int, scale: int, orientation: int) -> np.ndarray:
    """The polygon (V, 2) of a shape about the origin: x to the right and y down, in pixels."""
    u_V, v_V = (_square, _ellipse, _heart)[shape]()
    size = 0.5 + 0.1 * scale
    angle = _TAU * (orientation % 39) / 39  # the 40 angles include both 0 and a full turn
    x_V = size * (u_V * np.cos(angle) + v_V * np.sin(angle))
    y_V = size * (-u_V * np.sin(angle) + v_V * np.cos(angle))
    return np.stack([x_V, y_V], axis=1)


def _square() -> tuple[np.ndarray, np.ndarray]:
    return HALF_SIDE * np.array([-1, 1, 1, -1]), HALF_SIDE * np.array([-1, -1, 1, 1])


def _ellipse() -> tuple[np.ndarray, np.ndarray]:
    t_V = _TAU * np.arange(100) / 100
    return HALF_SIDE * ELLIPSE_STRETCH * np.cos(t_V), HALF_SIDE / ELLIPSE_STRETCH * np.sin(t_V)


def _heart() -> tuple[np.ndarray, np.ndarray]:
    t_V = _TAU * np.arange(150) / 150  # of 40 to 4000 points, 150 fit the real frames best
    lobes_V = 13 * np.cos(t_V) - 5 * np.cos(2 * t_V) - 2 * np.cos(3 * t_V) - np.cos(4 * t_V)
    return HALF_SIDE * np.sin(t_V) ** 3, -2 * HALF_SIDE / 29 * lobes_V - 0.15 * HALF_SIDE


def _centres() -> np.ndarray:
    return 16 + 32 * np.arange(32) / 31


def _first_rows() -> np.ndarray:
    """The first of the rows kept for each vertical position."""
    return np.floor(_centres()).astype(np.int64) - REACH


@cache
def _row_masks() -> np.ndarray:
    """Row bits left of a crossing, by crossing: column c is left of n iff 62 c + 31 < n."""
    columns = np.clip(-((31 - np.arange(62 * 65)) // _UNIT), 0, SIZE)
    masks = [(1 << int(column)) - 1 for column in columns]
    return np.array(masks, dtype=np.uint64)


@cache
def _crossings() -> np.ndarray:
    """Where scan lines enter and leave each outline, (T, P, R, 4) int16, in 1/62 pixel.

    Columns are measured from the canvas's left edge with the shape at posX 0. Lines that cross
    less often are filled up with equal pairs, which are empty."""
    rows_PR = _first_rows()[:, None] + np.arange(2 * REACH + 1) + 0.5
    y_PR = rows_PR - _centres()[:, None]
    found = np.zeros((720, *y_PR.shape, 4), dtype=np.int16)
    outlines = (outline(s, k, o) for s in range(3) for k in range(6) for o in range(40))
    for template, polygon_V2 in enumerate(outlines):
        x_PR4 = _UNIT * (16 + scan(polygon_V2, y_PR))
        enter, leave = np.ceil(x_PR4[..., 0::2]), np.floor(x_PR4[..., 1::2]) + 1
        found[template, ..., 0::2] = np.nan_to_num(enter)
        found[template, ..., 1::2] = np.nan_to_num(leave)
    return found


def scan(polygon_V2: np.ndarray, y_PR: np.ndarray) -> np.ndarray:
    """The x of a polygon's crossings with lines at given y: (..., 4) ascending, then nan.

    The outline is cut into chains in which y only rises or only falls; each crosses a line once."""
    x_V, y_V = polygon_V2.T
    rising_V = np.sign(np.roll(y_V, -1) - y_V)
    starts = np.flatnonzero(rising_V != np.roll(rising_V, 1))
    found = [np.full(y_PR.shape, np.nan)] * 4
    for start, stop in zip(starts, np.roll(starts, -1), strict=True):
        if rising_V[start] == 0:
            continue  # a level edge: its neighbours' ends close the outline
        stop = stop if stop > start else stop + len(y_V)
        chain = np.arange(start, stop + 1)[:: int(rising_V[start])] % len(y_V)
        found.append(np.interp(y_PR, y_V[chain], x_V[chain], left=np.nan, right=np.nan))
    crossings = np.sort(np.stack(found, axis=-1), axis=-1)
    assert np.all(np.isnan(crossings[..., 4:])), "a scan line crosses no outline more than 4 times"
    return crossings[..., :4]
