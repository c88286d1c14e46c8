"""A stand-in for MPI3D-complex: one of four things on the arm of a robot over a table.

Labels of later layers are larger, so a picture is the maximum of its layers: room, arm, thing. The
thing moves by exactly one pixel a class along both axes.

Shapes: B batch, K factors, E labels."""

from functools import cache

import numpy as np

from trainers.datasets.synthetic.dataset import SyntheticDataset
from trainers.datasets.synthetic.scene import paint, to_bytes

SIZE = 64
FIRST_XY = np.array([12, 9])  # where the thing is at class 0 of both axes
BASE_XY = (32.0, 55.0)
RADII = (5.5, 9.0)  # half the width of a small and a large thing
HALF = 9  # half the side of the square a thing is drawn in
SHADES = 16

WALL, WALL_LOW, TABLE, TABLE_EDGE, ARM, ARM_LIT, JOINT = range(7)
THING = 16  # to 31, dark to bright
FOAM = 32
BACKGROUND_COLORS = [(0.46, 0.30, 0.58), (0.22, 0.58, 0.48), (0.95, 0.60, 0.52)]
THING_COLORS = [(0.95, 0.85, 0.20), (0.20, 0.72, 0.30), (0.50, 0.50, 0.18), (0.88, 0.20, 0.20)]


def open_synthetic() -> SyntheticDataset:
    return SyntheticDataset("mpi3d", draw)


def draw(classes_BK: np.ndarray) -> np.ndarray:
    """Images (B, 3, 64, 64) uint8 of classes (B, 7)."""
    if not len(classes_BK):
        return np.zeros((0, 3, SIZE, SIZE), np.uint8)
    color, shape, size, camera, background, x, y = classes_BK.T
    maps_BHW = np.maximum(_rooms()[camera], _arms()[x, y])
    square = np.arange(-HALF, HALF + 1)
    at = (
        np.arange(len(classes_BK))[:, None, None],
        (FIRST_XY[1] + y)[:, None, None] + square[:, None],
        (FIRST_XY[0] + x)[:, None, None] + square[None, :],
    )
    maps_BHW[at] = np.maximum(maps_BHW[at], _things()[shape, size, camera])
    return paint(list(maps_BHW), _colors()[color, background])


@cache
def _rooms() -> np.ndarray:
    """Walls and table by camera height, (3, 64, 64): the higher, the rounder the table."""
    row, column = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    rooms = np.full((3, SIZE, SIZE), WALL, np.uint8)
    for camera, (skirting, middle, half) in enumerate(((22, 48, 15), (32, 52, 10), (42, 56, 5))):
        rooms[camera][row > skirting] = WALL_LOW
        across = ((column - 32) / 30) ** 2
        rooms[camera][across + ((row - middle - 3) / half) ** 2 < 1] = TABLE_EDGE
        rooms[camera][across + ((row - middle) / half) ** 2 < 1] = TABLE
    return rooms


@cache
def _arms() -> np.ndarray:
    """The arm reaching for each position, (40, 40, 64, 64), 6.5 MB."""
    row, column = (np.mgrid[0:SIZE, 0:SIZE] + 0.5).astype(np.float32)
    right, down = column - BASE_XY[0], row - BASE_XY[1]
    x, y = np.meshgrid(np.arange(40), np.arange(40), indexing="ij")
    to_x = (FIRST_XY[0] + x - BASE_XY[0]).astype(np.float32)[:, :, None, None]
    to_y = (FIRST_XY[1] + y - BASE_XY[1]).astype(np.float32)[:, :, None, None]
    length = np.hypot(to_x, to_y)
    arms = np.zeros((40, 40, SIZE, SIZE), np.uint8)
    for i in range(40):
        along = np.clip((right * to_x[i] + down * to_y[i]) / length[i] ** 2, 0, 1)
        aside = np.hypot(right - along * to_x[i], down - along * to_y[i])
        arms[i][aside < 2.6] = ARM
        arms[i][aside < 1.2] = ARM_LIT
    arms[:, :, np.hypot(right, down) < 5] = JOINT
    arms[:, :, np.hypot(right, down) < 2] = ARM_LIT
    return arms


@cache
def _things() -> np.ndarray:
    """Things by shape, size and camera height, (4, 2, 3, 19, 19); 0 where nothing is."""
    down, right = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1].astype(np.float64)
    things = np.zeros((4, 2, 3, 2 * HALF + 1, 2 * HALF + 1), np.uint8)
    for size, radius in enumerate(RADII):
        for camera, open_half in enumerate((0.34, 0.20, 0.06)):
            u, v = right / radius, down / radius
            for shape, sketch in enumerate((_coffee_cup, _tennis_ball, _croissant, _beer_cup)):
                things[shape, size, camera] = sketch(u, v, open_half)
    return things


def _coffee_cup(u: np.ndarray, v: np.ndarray, open_half: float) -> np.ndarray:
    handle = abs(np.hypot((u - 0.55) / 0.42, (v - 0.05) / 0.42) - 0.8) < 0.25
    found = np.where(handle, THING + 5, 0)
    body = (abs(u + 0.2) < 0.62 - 0.12 * (v + 0.6)) & (v > -0.6) & (v < 0.7)
    found = np.where(body, _shade(0.75 - 0.6 * (u + 0.2)), found)
    return np.where(_ellipse(u + 0.2, v + 0.6, 0.62, open_half), THING + 1, found)


def _tennis_ball(u: np.ndarray, v: np.ndarray, open_half: float) -> np.ndarray:
    inside = u**2 + v**2 < 0.86
    found = np.where(inside, _shade(0.70 - 0.35 * u - 0.45 * v), 0)
    seam = abs(np.hypot(u - 1.0, v - open_half) - 0.85) < 0.13
    return np.where(inside & seam, FOAM, found)


def _croissant(u: np.ndarray, v: np.ndarray, open_half: float) -> np.ndarray:
    crescent = (u**2 + (v * 1.1) ** 2 < 1) & (u**2 + (v - 0.62 + open_half / 2) ** 2 > 0.42)
    stripes = np.cos(7 * np.arctan2(u, 0.5 - v))
    return np.where(crescent, _shade(0.60 + 0.35 * stripes), 0)


def _beer_cup(u: np.ndarray, v: np.ndarray, open_half: float) -> np.ndarray:
    body = (abs(u) < 0.50 - 0.16 * v) & (v > -0.75) & (v < 0.98)
    ribs = 0.15 * np.cos(16 * u)
    found = np.where(body, _shade(0.65 - 0.5 * u + ribs), 0)
    return np.where(_ellipse(u, v + 0.72, 0.64, open_half + 0.10), FOAM, found)


def _ellipse(u: np.ndarray, v: np.ndarray, half_u: float, half_v: float) -> np.ndarray:
    return (u / half_u) ** 2 + (v / half_v) ** 2 < 1


def _shade(brightness: np.ndarray) -> np.ndarray:
    return THING + np.rint(np.clip(brightness, 0, 1) * (SHADES - 1))


@cache
def _colors() -> np.ndarray:
    """Colours by thing and background, (4, 3, 256, 3) uint8."""
    colors = np.zeros((4, 3, 256, 3))
    colors[:, :, WALL] = np.array(BACKGROUND_COLORS)
    colors[:, :, WALL_LOW] = 0.75 * np.array(BACKGROUND_COLORS)
    colors[:, :, TABLE] = (0.72, 0.70, 0.68)
    colors[:, :, TABLE_EDGE] = (0.45, 0.43, 0.42)
    colors[:, :, ARM] = (0.16, 0.17, 0.20)
    colors[:, :, ARM_LIT] = (0.42, 0.44, 0.48)
    colors[:, :, JOINT] = (0.26, 0.27, 0.32)
    shades = np.linspace(0.35, 1.15, SHADES)[:, None]
    for color, full in enumerate(THING_COLORS):
        colors[color, :, THING : THING + SHADES] = shades * full
    colors[:, :, FOAM] = (0.97, 0.96, 0.92)
    return to_bytes(colors)
