"""A stand-in for CelebA: drawn faces, each of the 40 attributes a mark of its own.

A face is painted in layers; each layer is a set of pixels, present in every face or only with an
attribute. Attributes whose names describe no shape get an agreed one: Attractive is a star next to
the head, Blurry a grain in the background, Young is the absence of wrinkles.

Hair is made of four kinds of strand, one for each colour; a strand whose colour is not named takes
the mean of those that are, so all combinations of hair colours differ.

Attributes are drawn independently, each with chance 0.4, from a fixed stream.

Shapes: B batch, N images, K attributes, H W image, E labels."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from trainers.datasets.synthetic.dataset import SyntheticDataset
from trainers.datasets.synthetic.scene import paint, to_bytes
from trainers.seeds import random_stream
from trainers.specs.datasets import CELEBA_ATTRIBUTES, DATASETS

SIZE = 128
CHANCE = 0.4
INDEX = {name: k for k, name in enumerate(CELEBA_ATTRIBUTES)}
HAIR_COLORS = {
    "Black_Hair": (0.10, 0.09, 0.10),
    "Blond_Hair": (0.93, 0.80, 0.42),
    "Brown_Hair": (0.45, 0.26, 0.14),
    "Gray_Hair": (0.68, 0.68, 0.72),
}
NO_NAMED_HAIR = (0.72, 0.33, 0.20)

(WALL, GRAIN, STAR, SKIN, DARK_SKIN, LINE, SHIRT, COLLAR, TIE, GOLD, LIPS, MOUTH, EYE_WHITE) = (
    range(13)
)
(IRIS, PUPIL, BROW, BEARD, GOATEE, STUBBLE, ROSE, SHADOW, GLASS, HAT, BAND) = range(13, 24)
STRANDS = 24  # to 27
COLORS = {
    WALL: (0.62, 0.72, 0.80),
    GRAIN: (0.50, 0.58, 0.64),
    STAR: (1.00, 0.92, 0.25),
    LINE: (0.45, 0.28, 0.22),
    COLLAR: (0.95, 0.95, 0.95),
    TIE: (0.55, 0.08, 0.12),
    GOLD: (0.95, 0.78, 0.15),
    MOUTH: (0.25, 0.05, 0.06),
    EYE_WHITE: (0.98, 0.98, 0.98),
    IRIS: (0.25, 0.45, 0.65),
    PUPIL: (0.05, 0.05, 0.05),
    BROW: (0.28, 0.18, 0.12),
    BEARD: (0.33, 0.20, 0.12),
    GOATEE: (0.12, 0.07, 0.05),
    STUBBLE: (0.50, 0.40, 0.36),
    ROSE: (0.95, 0.48, 0.48),
    SHADOW: (0.48, 0.30, 0.62),
    GLASS: (0.08, 0.08, 0.12),
    HAT: (0.15, 0.40, 0.25),
    BAND: (0.85, 0.75, 0.30),
}


@dataclass(frozen=True)
class Layer:
    """Pixels (as flat indices) painted with labels, always or if an attribute has a value."""

    pixels: np.ndarray
    labels: np.ndarray
    attribute: str | None = None
    value: int = 1


def open_synthetic() -> SyntheticDataset:
    return SyntheticDataset("celeba", draw, attributes())


@cache
def attributes() -> np.ndarray:
    """The attributes (N, 40) of all images, 0 or 1."""
    size = (DATASETS["celeba"].num_images, len(INDEX))
    return (random_stream(0, "celeba/synthetic").random(size) < CHANCE).astype(np.int64)


def draw(classes_BK: np.ndarray) -> np.ndarray:
    """Images (B, 3, 128, 128) uint8 of attributes (B, 40)."""
    if not len(classes_BK):
        return np.zeros((0, 3, SIZE, SIZE), np.uint8)
    maps_BP = np.full((len(classes_BK), SIZE * SIZE), WALL, np.uint8)
    for layer in _layers():
        if layer.attribute is None:
            maps_BP[:, layer.pixels] = layer.labels
            continue
        faces = np.flatnonzero(classes_BK[:, INDEX[layer.attribute]] == layer.value)
        maps_BP[faces[:, None], layer.pixels] = layer.labels
    return paint(list(maps_BP.reshape(-1, SIZE, SIZE)), _colors(classes_BK))


def _colors(classes_BK: np.ndarray) -> np.ndarray:
    """Colours (B, 256, 3) uint8 of each face."""
    has = {name: classes_BK[:, k, None].astype(bool) for name, k in INDEX.items()}
    colors = np.zeros((len(classes_BK), 256, 3))
    for label, color in COLORS.items():
        colors[:, label] = color
    skin = np.where(has["Pale_Skin"], (0.99, 0.91, 0.86), (0.86, 0.66, 0.52))
    colors[:, SKIN], colors[:, DARK_SKIN] = skin, 0.82 * skin
    colors[:, SHIRT] = np.where(has["Male"], (0.18, 0.26, 0.50), (0.85, 0.40, 0.60))
    colors[:, LIPS] = np.where(has["Wearing_Lipstick"], (0.85, 0.05, 0.15), (0.76, 0.47, 0.42))
    own = np.array(list(HAIR_COLORS.values()))
    named_B4 = np.concatenate([has[name] for name in HAIR_COLORS], axis=1)
    mean = named_B4 @ own / np.maximum(named_B4.sum(axis=1, keepdims=True), 1)
    mean = np.where(named_B4.any(axis=1, keepdims=True), mean, NO_NAMED_HAIR)
    strands = np.where(named_B4[..., None], own, mean[:, None])
    colors[:, STRANDS : STRANDS + 4] = strands
    return to_bytes(colors)


@cache
def _layers() -> tuple[Layer, ...]:
    """All layers, from the background to what lies on top."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    aside = abs(x - 63.5)  # most of a face is symmetric
    strand = STRANDS + (np.floor(np.hypot(x - 63.5, y - 80) / 2.5) % 4)
    layers: list[Layer] = []

    def put(
        mask: np.ndarray, label: int | np.ndarray, name: str | None = None, value: int = 1
    ) -> None:
        labels = np.broadcast_to(label, mask.shape)[mask].astype(np.uint8)
        layers.append(Layer(np.flatnonzero(mask), labels, name, value))

    def oval(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
        return ((aside - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1

    def arc(cx: float, cy: float, rx: float, ry: float, thick: float) -> np.ndarray:
        radius = np.hypot((aside - cx) / rx, (y - cy) / ry)
        return abs(radius - 1) < thick / min(rx, ry)

    put((x + 2 * y) % 7 < 2, GRAIN, "Blurry")
    star = abs(x - 112) * abs(y - 20) < 12
    put(star & (abs(x - 112) < 14) & (abs(y - 20) < 14), STAR, "Attractive")
    put(oval(0, 62, 44, 48) & (y < 78), strand)
    put((aside > 28) & (aside < 43) & (y > 60) & (y < 112), strand, "Straight_Hair")
    wave = abs(aside - 46 - 4 * np.sin(y / 3.5)) < 4
    put(wave & (y > 40) & (y < 104), strand, "Wavy_Hair")
    put((aside < 15) & (y > 95), DARK_SKIN)
    put(oval(0, 135, 58, 26), SHIRT)
    put((aside < 20 - (y - 108)) & (y > 107), COLLAR)
    put((aside < 3 + (y - 112) / 4) & (y > 111), TIE, "Wearing_Necktie")
    put(arc(0, 100, 24, 17, 1.6) & (y > 103), GOLD, "Wearing_Necklace")
    put(oval(35, 70, 6, 10), DARK_SKIN)
    put(oval(18, 82, 24, 22), SKIN, "Chubby")
    put(oval(0, 70, 34, 39), SKIN)
    put(oval(0, 84, 24, 31), SKIN, "Oval_Face")
    put(oval(0, 45, 30, 22) & (y < 40), SKIN, "Receding_Hairline")
    put(oval(0, 26, 22, 11), SKIN, "Bald")
    put(oval(0, 50, 35, 26) & (y < 44) & (aside % 8 < 8 - (y - 34) / 2), strand, "Bangs")
    lines = ((y == 38) | (y == 42) | (y == 46)) & (aside < 16)
    put(lines | ((abs(y - 60) == 3) & (aside > 28) & (aside < 34)), LINE, "Young", 0)
    put((aside > 29) & (aside < 34) & (y > 58) & (y < 92), BEARD, "Sideburns")

    jaw = oval(0, 70, 34, 39) & ~oval(0, 66, 27, 33) & (y > 78)
    put(jaw, BEARD, "No_Beard", 0)
    dots = (x % 3 < 2) & (y % 3 < 2)
    put(oval(0, 86, 25, 18) & (y > 84) & dots, STUBBLE, "5_o_Clock_Shadow")
    put(oval(21, 78, 6.5, 5), ROSE, "Rosy_Cheeks")
    put((abs(y - 73 + (aside - 20) * 0.7) < 1.3) & (abs(aside - 20) < 9), LINE, "High_Cheekbones")

    put(oval(14, 55, 9, 6) & (y < 56), SHADOW, "Heavy_Makeup")
    put(oval(14, 59, 7, 4.6), EYE_WHITE)
    put(oval(14, 59, 3.4, 3.6), IRIS)
    put(oval(14, 59, 1.6, 1.8), PUPIL)
    put(oval(14, 59, 8, 5) & (abs(y - 59) > 1.4), DARK_SKIN, "Narrow_Eyes")
    put(arc(14, 62, 7, 4.5, 1.2) & (y > 64), LINE, "Bags_Under_Eyes")
    put((abs(y - 50) < 1.1) & (abs(aside - 14) < 8), BROW)
    put((abs(y - 50) < 3.6) & (abs(aside - 14) < 10) & ((x + y) % 2 == 0), BROW, "Bushy_Eyebrows")
    put(arc(14, 51, 8, 5.5, 1.4) & (y < 48.5), BROW, "Arched_Eyebrows")
    put(arc(14, 59, 11, 9, 1.2) | ((aside < 4) & (abs(y - 57) < 1)), GLASS, "Eyeglasses")

    put(oval(0, 76, 8.5, 5.5), DARK_SKIN, "Big_Nose")
    put((aside < 3) & (y > 62) & (y < 78), DARK_SKIN)
    put((aside < (y - 64) / 3.2) & (y < 77) & (y > 64), LINE, "Pointy_Nose")
    put(oval(2.5, 76.5, 1.6, 1.6), LINE)
    put(oval(6, 83, 8, 2.4), BEARD, "Mustache")
    put(oval(0, 91, 13, 6.2), LIPS, "Big_Lips")
    put(oval(0, 91, 11, 3.6), LIPS)
    put(oval(0, 91, 8, 2.6), MOUTH, "Mouth_Slightly_Open")
    put(arc(0, 82, 17, 12, 1.3) & (y > 86), LINE, "Smiling")
    put(oval(0, 102, 6.5, 5), GOATEE, "Goatee")
    put(arc(0, 103, 20, 13, 1.3) & (y > 110) & (aside < 16), LINE, "Double_Chin")

    put(oval(38.5, 84, 2.6, 4.2), GOLD, "Wearing_Earrings")
    put((aside < 26) & (y > 1) & (y < 15), HAT, "Wearing_Hat")
    put((aside < 40) & (y > 13) & (y < 17), BAND, "Wearing_Hat")
    return tuple(layers)
