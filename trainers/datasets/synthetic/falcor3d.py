"""A stand-in for Falcor3D: a furnished room under a light of 5 strengths and 216 directions.

Light is linear in each component of its direction, so that none of them saturates; the camera
moves along its three axes without turning.

Shapes: B batch, K factors, E labels."""

from functools import cache

import numpy as np

from trainers.datasets.synthetic.dataset import SyntheticDataset
from trainers.datasets.synthetic.scene import Materials, View, paint, to_bytes

SIZE = 128
CAMERA_X = np.linspace(-0.75, 0.75, 6)
CAMERA_Y = np.linspace(0.8, 1.75, 6)
CAMERA_Z = np.linspace(0.5, 1.9, 6)

WALL, FLOOR, TILE, SOFA, TABLE, BALL, FRAME, PICTURE = range(8)
ALBEDO = np.array(
    [
        [0.86, 0.80, 0.70],
        [0.62, 0.45, 0.30],
        [0.48, 0.33, 0.22],
        [0.30, 0.50, 0.62],
        [0.55, 0.30, 0.20],
        [0.85, 0.35, 0.30],
        [0.25, 0.20, 0.18],
        [0.45, 0.68, 0.40],
    ]
)


def open_synthetic() -> SyntheticDataset:
    return SyntheticDataset("falcor3d", draw)


def draw(classes_BK: np.ndarray) -> np.ndarray:
    """Images (B, 3, 128, 128) uint8 of classes (B, 7)."""
    if not len(classes_BK):
        return np.zeros((0, 3, SIZE, SIZE), np.uint8)
    maps_B = [_map(*camera) for camera in classes_BK[:, 4:].tolist()]
    return paint(maps_B, _colors()[tuple(classes_BK[:, :4].T)])


@cache
def _materials() -> tuple[Materials, dict[int, int]]:
    materials = Materials()
    first = {material: materials.flat(material) for material in range(8) if material != BALL}
    first[BALL] = materials.curved(BALL)
    return materials, first


@cache
def _colors() -> np.ndarray:
    """Colours by light, (5, 6, 6, 6, 256, 3) uint8: 0.8 MB."""
    materials, _ = _materials()
    direction = np.linspace(-1, 1, 6)
    light = np.stack(np.meshgrid(direction, direction, direction, indexing="ij"), axis=-1)
    facing = light @ materials.normal_E3.T
    ambient = np.linspace(0.42, 0.95, 5)[:, None, None, None, None]
    shade = np.clip(ambient + 0.26 * facing, 0.03, None)
    return to_bytes(shade[..., None] * ALBEDO[materials.material_E])


@cache
def _map(x: int, y: int, z: int) -> np.ndarray:
    """The labels seen from one camera position: 216 maps of 16 KB."""
    _, first = _materials()
    view = View((CAMERA_X[x], CAMERA_Y[y], CAMERA_Z[z]), 0.12, SIZE)
    view.box((-2, 0, -3.2), (2, 2.7, 3), first[WALL], inside=True)
    _lay_tiles(view, first)
    for low, high in (
        ((-1.75, 0.0, -3.0), (0.15, 0.45, -2.1)),
        ((-1.75, 0.45, -3.0), (0.15, 0.95, -2.75)),
        ((-1.95, 0.0, -3.0), (-1.70, 0.65, -2.1)),
        ((0.10, 0.0, -3.0), (0.35, 0.65, -2.1)),
    ):
        view.box(low, high, first[SOFA])
    view.box((0.55, 0.42, -2.2), (1.55, 0.50, -1.3), first[TABLE])
    for corner_x in (0.60, 1.42):
        for corner_z in (-2.15, -1.43):
            view.box(
                (corner_x, 0, corner_z), (corner_x + 0.08, 0.42, corner_z + 0.08), first[TABLE]
            )
    view.ball((1.05, 0.80, -1.75), 0.30, first[BALL])
    view.box((0.55, 1.35, -3.19), (1.65, 2.15, -3.14), first[FRAME])
    view.box((0.63, 1.43, -3.15), (1.57, 2.07, -3.12), first[PICTURE])
    return view.labels_HW


def _lay_tiles(view: View, first: dict[int, int]) -> None:
    points = view.points()
    floor = view.labels_HW == first[WALL] + 3
    odd = (np.floor(points[..., 0] / 0.5) + np.floor(points[..., 2] / 0.5)) % 2 == 1
    view.labels_HW[floor] = np.where(odd[floor], first[TILE] + 3, first[FLOOR] + 3)
