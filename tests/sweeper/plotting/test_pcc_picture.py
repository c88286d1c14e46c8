"""The picture of a run's PCC matrix."""

import threading
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sweeper.plotting import pcc_picture
from sweeper.plotting.pcc_picture import pcc_png

P = np.array([[0.0, 0.5, 1.0], [np.nan, 0.25, 0.75]])
FACTORS, LATENTS = ("shape", "scale", "posX"), ("z0 (0.76)", "z1 (1.02)")


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


@pytest.fixture
def texts(monkeypatch):
    """Each text that is drawn, with its box in pixels."""
    drawn = []
    real = pcc_picture.ImageDraw.ImageDraw.text

    def text(self, place, content, fill, font, anchor):
        drawn.append((content, self.textbbox(place, content, font, anchor=anchor)))
        real(self, place, content, fill, font, anchor=anchor)

    monkeypatch.setattr(pcc_picture.ImageDraw.ImageDraw, "text", text)
    return drawn


def test_every_number_and_label_is_shown_and_a_missing_number_is_left_blank(texts):
    pcc_png(P, FACTORS, LATENTS)
    numbers = ["0.00", "0.50", "1.00", "0.25", "0.75"]
    assert [content for content, _ in texts] == [*numbers, *LATENTS, *FACTORS]


def test_cells_are_darker_the_higher_the_value():
    values = np.linspace(0, 1, 6)[:, None]
    picture = pixels(pcc_png(values, ["a"], [f"z{i}" for i in range(6)]))
    column = picture[:, -20].astype(int).sum(axis=-1)  # right of the numbers
    cells = [value for value in dict.fromkeys(column) if value != 765]
    assert len(cells) == 6 and cells == sorted(cells, reverse=True)


def test_long_labels_stay_inside_and_apart(texts):
    names = [f"a_rather_long_factor_{i}" for i in range(9)]
    picture = Image.open(BytesIO(pcc_png(np.full((7, 9), 0.5), names, [f"z{i}" for i in range(7)])))
    for _, (left, top, right, bottom) in texts:
        assert 0 <= left < right <= picture.width and 0 <= top < bottom <= picture.height
    heads = [box for content, box in texts if content in names]
    assert all(a[2] < b[0] for a, b in zip(heads, heads[1:], strict=False))


def test_threads_draw_the_same_bytes():
    drawn = []
    threads = [
        threading.Thread(target=lambda: drawn.append(pcc_png(P, FACTORS, LATENTS)))
        for _ in range(4)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert drawn == [pcc_png(P, FACTORS, LATENTS)] * 4
