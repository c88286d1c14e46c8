"""A small ray caster whose pictures can be relit and recoloured at the cost of a table look-up.

A picture is a map of labels (H, W) uint8; a label stands for one material seen at one angle.
Colours then are a table (256, 3) computed from light and materials, and an image is the map read
through the table. Only what moves the geometry needs a new map, and maps are kept.

x points right, y up, z to the viewer. Shapes: P pixels, B batch, H W image, E = 256 labels."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_FAR = np.float32(1e9)
_NEAR = np.float32(1e-3)
_SPAN = float(np.tan(np.radians(32)))
_SIDE = 12  # normals of curved surfaces are distinguished on a 12 x 12 octahedral map
Window = tuple[slice, slice]
FACES = np.array(
    [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], dtype=np.float32
)


@dataclass
class Materials:
    """The labels of a scene: which material each belongs to, and the normal it is seen at."""

    material_E: np.ndarray = field(default_factory=lambda: np.zeros(256, dtype=np.int64))
    normal_E3: np.ndarray = field(default_factory=lambda: np.zeros((256, 3), dtype=np.float32))
    used: int = 0

    def flat(self, material: int) -> int:
        """Six labels, one a face, for a material on boxes; returns the first."""
        return self._take(material, FACES)

    def curved(self, material: int) -> int:
        """144 labels, one a direction, for a material on round things; returns the first."""
        return self._take(material, _octahedral_normals())

    def _take(self, material: int, normals: np.ndarray) -> int:
        first, self.used = self.used, self.used + len(normals)
        assert self.used <= 256, "a scene has 256 labels"
        self.material_E[first : self.used] = material
        self.normal_E3[first : self.used] = normals
        return first


class View:
    """What a camera sees of the things put before it, nearest first. Sizes in metres.

    Each thing is cast only into the rectangle of pixels that its bounding box covers."""

    def __init__(self, position: tuple[float, float, float], pitch: float, size: int) -> None:
        """pitch: radians downwards.  size: pixels a side; the view spans 64 degrees."""
        self.origin = np.array(position, dtype=np.float32)
        self.up = np.array([0, np.cos(pitch), -np.sin(pitch)], dtype=np.float32)
        self.forward = np.array([0, -np.sin(pitch), -np.cos(pitch)], dtype=np.float32)
        steps = (((np.arange(size) + 0.5) / size * 2 - 1) * _SPAN).astype(np.float32)
        self.rays_HW3 = self.forward - steps[:, None, None] * self.up
        self.rays_HW3 = self.rays_HW3 + steps[None, :, None] * np.array([1, 0, 0], np.float32)
        self.depth_HW = np.full((size, size), _FAR)
        self.labels_HW = np.zeros((size, size), dtype=np.uint8)

    def copy(self) -> "View":
        """The same view, to put more things into."""
        twin = object.__new__(View)
        twin.__dict__.update(self.__dict__)
        twin.depth_HW, twin.labels_HW = self.depth_HW.copy(), self.labels_HW.copy()
        return twin

    def points(self) -> np.ndarray:
        """Where each ray ends (H, W, 3)."""
        return self.origin + self.depth_HW[..., None] * self.rays_HW3

    def box(
        self, low: npt.ArrayLike, high: npt.ArrayLike, label: int, inside: bool = False
    ) -> None:
        """A box between two corners, or the inside of one, such as a room. Takes flat labels."""
        window, rays_P3 = self._rays(low, high, everywhere=inside)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = (np.array(low, np.float32) - self.origin) / rays_P3
            second = (np.array(high, np.float32) - self.origin) / rays_P3
        enter_P3, leave_P3 = np.minimum(first, second), np.maximum(first, second)
        axis_P = leave_P3.argmin(axis=1) if inside else enter_P3.argmax(axis=1)
        enter_P, leave_P = enter_P3.max(axis=1), leave_P3.min(axis=1)
        towards_P = rays_P3[np.arange(len(rays_P3)), axis_P] < 0
        depth_P = leave_P if inside else enter_P
        self._put(window, depth_P, enter_P <= leave_P, label + 2 * axis_P + towards_P)

    def ball(self, centre: npt.ArrayLike, radius: float, label: int) -> None:
        """A ball. Takes curved labels."""
        centre = np.array(centre, np.float32)
        window, ray = self._rays(centre - radius, centre + radius)
        off = self.origin - centre
        a, b = np.einsum("pi,pi->p", ray, ray), ray @ off
        root_P = b * b - a * (off @ off - radius**2)
        hit = root_P > 0
        depth_P = (-b - np.sqrt(np.maximum(root_P, 0))) / a
        normals = off + depth_P[hit, None] * ray[hit]
        self._put_curved(window, depth_P, hit, normals, label)

    def cone(self, base: npt.ArrayLike, height: float, low: float, high: float, label: int) -> None:
        """An upright cone, frustum or cylinder of radius `low` at its base and `high` at its top.

        Takes curved labels."""
        base = np.array(base, np.float32)
        reach = np.array([max(low, high), 0, max(low, high)], np.float32)
        window, ray = self._rays(base - reach, base + reach + [0, height, 0])
        off, slope = self.origin - base, np.float32((high - low) / height)
        radius = low + slope * off[1]
        a = ray[:, 0] ** 2 + ray[:, 2] ** 2 - (slope * ray[:, 1]) ** 2
        b = ray[:, 0] * off[0] + ray[:, 2] * off[2] - slope * radius * ray[:, 1]
        root_P = b * b - a * (off[0] ** 2 + off[2] ** 2 - radius**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            depth_P = (-b - np.sqrt(np.maximum(root_P, 0))) / a
        at_P3 = off + depth_P[:, None] * ray
        hit = (root_P > 0) & (at_P3[:, 1] >= 0) & (at_P3[:, 1] <= height)
        outward = at_P3[hit] * [1, 0, 1]
        outward[:, 1] = -slope * np.hypot(outward[:, 0], outward[:, 2])
        self._put_curved(window, depth_P, hit, outward, label)
        self._lid(window, ray, off, height, high, 1.0, label)
        self._lid(window, ray, off, 0.0, low, -1.0, label)

    def _lid(
        self,
        window: Window,
        ray: np.ndarray,
        off: np.ndarray,
        height: float,
        radius: float,
        up: float,
        label: int,
    ) -> None:
        with np.errstate(divide="ignore", invalid="ignore"):
            depth_P = (height - off[1]) / ray[:, 1]
            across = off[[0, 2]] + depth_P[:, None] * ray[:, [0, 2]]
        hit = (across**2).sum(axis=1) <= radius**2
        normals = np.broadcast_to(np.array([0, up, 0], np.float32), (int(hit.sum()), 3))
        self._put_curved(window, depth_P, hit, normals, label)

    def _rays(
        self, low: npt.ArrayLike, high: npt.ArrayLike, everywhere: bool = False
    ) -> tuple[Window, np.ndarray]:
        """The pixels that may see a bounding box, and their rays (P, 3)."""
        window = np.s_[:, :]
        size = len(self.labels_HW)
        picks = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
        corners = np.where(picks, high, low).astype(np.float32) - self.origin
        ahead = corners @ self.forward
        if not everywhere and ahead.min() > 0.05:
            columns = (corners[:, 0] / ahead / _SPAN + 1) / 2 * size
            rows = (-(corners @ self.up) / ahead / _SPAN + 1) / 2 * size
            window = (_slice(rows, size), _slice(columns, size))
        return window, self.rays_HW3[window].reshape(-1, 3)

    def _put_curved(
        self,
        window: Window,
        depth_P: np.ndarray,
        hit_P: np.ndarray,
        normals: np.ndarray,
        label: int,
    ) -> None:
        labels_P = np.zeros(len(depth_P), dtype=np.int64)
        labels_P[hit_P] = label + _octahedral_cells(normals)
        self._put(window, depth_P, hit_P, labels_P)

    def _put(
        self, window: Window, depth_P: np.ndarray, hit_P: np.ndarray, labels_P: np.ndarray
    ) -> None:
        depth_HW, labels_HW = self.depth_HW[window], self.labels_HW[window]
        depth_P = depth_P.reshape(depth_HW.shape)
        nearer = hit_P.reshape(depth_HW.shape) & (depth_P > _NEAR) & (depth_P < depth_HW)
        depth_HW[nearer] = depth_P[nearer]
        labels_HW[nearer] = labels_P.reshape(depth_HW.shape)[nearer]


def _slice(at: np.ndarray, size: int) -> slice:
    return slice(int(np.clip(at.min() - 1, 0, size)), int(np.clip(at.max() + 2, 0, size)))


def _octahedral_cells(normals: np.ndarray) -> np.ndarray:
    flat = normals / abs(normals).sum(axis=1, keepdims=True)
    folded = (1 - abs(flat[:, [1, 0]])) * np.where(flat[:, :2] >= 0, 1, -1)
    at = np.where(flat[:, 2:] < 0, folded, flat[:, :2])
    cell = np.clip(((at + 1) / 2 * _SIDE).astype(np.int64), 0, _SIDE - 1)
    return cell[:, 1] * _SIDE + cell[:, 0]


def _octahedral_normals() -> np.ndarray:
    middle = (np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1
    y, x = np.meshgrid(middle, middle, indexing="ij")
    z = 1 - abs(x) - abs(y)
    fold_x, fold_y = (1 - abs(y)) * np.sign(x), (1 - abs(x)) * np.sign(y)
    normals = np.stack([np.where(z < 0, fold_x, x), np.where(z < 0, fold_y, y), z], axis=-1)
    normals = normals.reshape(-1, 3)
    return (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)


def paint(maps_B: list[np.ndarray], colors_BE3: np.ndarray) -> np.ndarray:
    """Images (B, 3, H, W) uint8: each label map (H, W) read through its table of colours (256, 3).

    bytes.translate is several times faster here than numpy's indexing."""
    tables_B3E = np.ascontiguousarray(colors_BE3.transpose(0, 2, 1))
    images = np.empty((len(maps_B), 3, *maps_B[0].shape), dtype=np.uint8)
    flat = images.reshape(len(maps_B), 3, -1)
    for b, labels in enumerate(maps_B):
        text = labels.tobytes()
        for channel in range(3):
            colors = text.translate(tables_B3E[b, channel].tobytes())
            flat[b, channel] = np.frombuffer(colors, np.uint8)
    return images


def to_bytes(colors: np.ndarray) -> np.ndarray:
    """Colours in [0, 1] as uint8; what is brighter is white."""
    return np.rint(np.clip(colors, 0, 1) * 255).astype(np.uint8)
