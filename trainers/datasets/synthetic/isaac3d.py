"""A stand-in for Isaac3D: a robot on a gantry holds an object in a kitchen.

Shapes: B batch, K factors, E labels."""

from functools import cache

import numpy as np

from trainers.datasets.synthetic.dataset import SyntheticDataset
from trainers.datasets.synthetic.scene import Materials, View, paint, to_bytes

SIZE = 128
ROBOT_X = np.linspace(-1.05, 1.05, 8)
ROBOT_Y = np.linspace(1.0, 2.0, 5)
CAMERA_Y = np.linspace(1.0, 2.2, 4)
CAMERA_PITCH = np.linspace(-0.05, 0.30, 4)
SCALE = np.array([0.22, 0.29, 0.37, 0.46])  # metres, half the object's width

WALL, FLOOR, COUNTER, TOP, CUPBOARD, ROBOT, OBJECT, ROUND = range(8)
ALBEDO = {
    FLOOR: (0.55, 0.52, 0.48),
    COUNTER: (0.50, 0.36, 0.25),
    TOP: (0.82, 0.80, 0.76),
    CUPBOARD: (0.62, 0.46, 0.32),
    ROBOT: (0.35, 0.37, 0.42),
}
WALL_COLORS = [(0.80, 0.74, 0.60), (0.55, 0.70, 0.80), (0.62, 0.76, 0.58), (0.82, 0.62, 0.62)]
OBJECT_COLORS = [(0.90, 0.22, 0.18), (0.95, 0.80, 0.15), (0.20, 0.35, 0.90), (0.20, 0.75, 0.30)]


def open_synthetic() -> SyntheticDataset:
    return SyntheticDataset("isaac3d", draw)


def draw(classes_BK: np.ndarray) -> np.ndarray:
    """Images (B, 3, 128, 128) uint8 of classes (B, 9)."""
    if not len(classes_BK):
        return np.zeros((0, 3, SIZE, SIZE), np.uint8)
    maps_B = [_map(*geometry) for geometry in classes_BK[:, :5].tolist()]
    return paint(maps_B, _colors()[tuple(classes_BK[:, 5:].T)])


@cache
def _materials() -> tuple[Materials, dict[int, int]]:
    materials = Materials()
    flat = (WALL, FLOOR, COUNTER, TOP, CUPBOARD, ROBOT, OBJECT)
    first = {material: materials.flat(material) for material in flat}
    first[ROUND] = materials.curved(OBJECT)
    return materials, first


@cache
def _colors() -> np.ndarray:
    """Colours by intensity, light's y, object and wall colour: (4, 6, 4, 4, 256, 3) uint8."""
    materials, _ = _materials()
    light = np.stack([np.full(6, -0.35), np.linspace(-1, 1, 6), np.full(6, 0.45)], axis=1)
    facing = light @ materials.normal_E3.T
    intensity = np.linspace(0.45, 0.95, 4)[:, None, None]
    shade = np.clip(intensity + 0.25 * facing, 0.03, None)
    albedo = np.zeros((4, 4, 8, 3))
    for material, color in ALBEDO.items():
        albedo[:, :, material] = color
    albedo[:, :, OBJECT] = np.array(OBJECT_COLORS)[:, None]
    albedo[:, :, WALL] = np.array(WALL_COLORS)[None]
    return to_bytes(shade[:, :, None, None, :, None] * albedo[:, :, materials.material_E])


@cache
def _kitchen(height: int) -> View:
    _, first = _materials()
    view = View((0.0, CAMERA_Y[height], 1.7), CAMERA_PITCH[height], SIZE)
    view.box((-2, 0, -2.4), (2, 2.9, 3), first[WALL], inside=True)
    floor = view.labels_HW == first[WALL] + 3
    view.labels_HW[floor] = first[FLOOR] + 3
    view.box((-2, 0, -2.4), (2, 0.72, -1.7), first[COUNTER])
    view.box((-2, 0.72, -2.4), (2, 0.80, -1.65), first[TOP])
    for left in (-1.9, -0.95, 0.95):
        view.box((left, 1.75, -2.4), (left + 0.9, 2.5, -2.05), first[CUPBOARD])
    view.box((0.9, 0.80, -2.35), (1.5, 1.15, -1.95), first[ROBOT])  # an oven
    view.box((-2, 2.70, -0.75), (2, 2.82, -0.60), first[ROBOT])  # the gantry
    return view


@cache
def _map(shape: int, x: int, y: int, height: int, scale: int) -> np.ndarray:
    """The labels of one arrangement: 1,920 maps, 31 MB once all were seen."""
    _, first = _materials()
    view = _kitchen(height).copy()
    at_x, at_y, at_z, half = ROBOT_X[x], ROBOT_Y[y], -0.68, SCALE[scale]
    view.box((at_x - 0.05, at_y, at_z - 0.05), (at_x + 0.05, 2.75, at_z + 0.05), first[ROBOT])
    view.box(
        (at_x - 0.22, at_y, at_z - 0.08), (at_x + 0.22, at_y + 0.09, at_z + 0.08), first[ROBOT]
    )
    low = at_y - 2 * half
    if shape == 0:
        view.box((at_x - half, low, at_z - half), (at_x + half, at_y, at_z + half), first[OBJECT])
    elif shape == 1:
        view.ball((at_x, at_y - half, at_z), half, first[ROUND])
    else:
        view.cone((at_x, low, at_z), 2 * half, half, 0.0, first[ROUND])
    return view.labels_HW
