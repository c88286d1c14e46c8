"""The PCC matrix of one run as a PNG file. L latents, K factors.

Every run has this picture, so it is drawn with Pillow alone: Matplotlib takes 80 ms for it, Pillow
a few, and a user's settings for Matplotlib have no effect."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_LETTER_PX = 15
_CELL_PX = (62, 36)  # width at least
_GAP_PX = 2  # between cells
_MARGIN_PX = 10
_STOPS = (0.0, 0.5, 1.0)  # of the map "Blues", in red, green and blue
_COLOURS = ((247, 107, 8), (251, 174, 48), (255, 214, 107))
_WHITE_TEXT = 0.6  # on cells of higher values


def pcc_png(P_LK: np.ndarray, factor_names: Sequence[str], row_labels: Sequence[str]) -> bytes:
    """Absolute correlations in 0 to 1, written in their cells, as in Figure 7.2: a row for each
    latent, labelled as in 'z3 (0.76)'. A cell that is not a number is left blank."""
    font = _font()
    left = 2 * _MARGIN_PX + max(_width(label, font) for label in row_labels)
    cell = max(_CELL_PX[0], _MARGIN_PX + max(_width(name, font) for name in factor_names))
    size = (left + cell * len(factor_names), _CELL_PX[1] * (len(row_labels) + 1))
    image = Image.new("RGB", (size[0] + _MARGIN_PX, size[1] + _MARGIN_PX), "white")
    draw = ImageDraw.Draw(image)
    for (row, column), value in np.ndenumerate(P_LK):
        x, y = left + column * cell, _MARGIN_PX + row * _CELL_PX[1]
        if np.isfinite(value):
            box = (x, y, x + cell - _GAP_PX - 1, y + _CELL_PX[1] - _GAP_PX - 1)
            draw.rectangle(box, fill=_colour(value))
            ink = "white" if value > _WHITE_TEXT else "black"
            _centred(draw, (x + cell // 2, y), f"{value:.2f}", ink, font)
    for row, label in enumerate(row_labels):
        middle = _MARGIN_PX + row * _CELL_PX[1] + _CELL_PX[1] // 2
        draw.text((left - _MARGIN_PX, middle), label, "black", font, anchor="rm")
    for column, name in enumerate(factor_names):
        place = (left + column * cell + cell // 2, _MARGIN_PX + len(row_labels) * _CELL_PX[1])
        _centred(draw, place, name, "black", font)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@cache
def _font() -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which Matplotlib brings."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), _LETTER_PX)


def _width(text: str, font: ImageFont.FreeTypeFont) -> int:
    return int(font.getlength(text)) + 1


def _centred(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    ink: str,
    font: ImageFont.FreeTypeFont,
) -> None:
    """In a cell whose upper edge has its middle at `place`."""
    draw.text((place[0], place[1] + _CELL_PX[1] // 2), text, ink, font, anchor="mm")


def _colour(value: float) -> tuple[int, int, int]:
    red, green, blue = (round(float(np.interp(value, _STOPS, levels))) for levels in _COLOURS)
    return red, green, blue
