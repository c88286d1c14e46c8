"""`sweeper data`: listing, preparing and drawing a dataset that is one picture."""

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from sweeper.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, ["data", *map(str, arguments)])


def test_the_picture_of_scream_dsprites_is_prepared_listed_and_drawn(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (274, 210, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "The_Scream.jpg")
    data, out = tmp_path / "data", tmp_path / "out.png"
    before = run("list", "--data", data).output
    assert "Fetch one with: sweeper data fetch NAME" in before
    row = next(line for line in before.splitlines() if line.startswith("scream_dsprites "))
    assert row.rstrip().endswith("public     once")
    made = run(
        "prepare", "scream_dsprites", "--source", tmp_path / "The_Scream.jpg", "--data", data
    )
    assert made.exit_code == 0 and "scream_dsprites: 1 image in" in made.output
    after = run("list", "--data", data).output
    assert "scream_dsprites: prepared: 1 image from The_Scream.jpg, scream_dsprites/" in after
    assert run("render", "scream_dsprites", "--data", data, "--out", out).exit_code == 0
    with Image.open(out) as sheet:
        assert sheet.mode == "RGB" and sheet.height == 6 * 66  # five factors and a random row
