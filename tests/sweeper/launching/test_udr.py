"""A launch that selects without labels, on images that have none."""

import json

import numpy as np

from tests.sweeper.support.cli_runs import command, write_grid

GRID = """
datasets: {name: squares, path: squares.npz}
models: vae
axes: {batch_size: 16, learning_rate: [1e-3, 3e-3], iterations: 4, network: cnn, latent_dim: 3}
seeds: 3
evaluation: {measures: gaussian_total_correlation}
select: {by: udr, min_active: 0}
"""


def test_three_seeds_of_images_without_labels_are_selected_by_udr(tmp_path, without_figures):
    rng = np.random.default_rng(0)
    images = np.zeros((120, 64, 64), np.uint8)
    for image, (x, y, size) in zip(images, rng.integers(4, 20, (120, 3)), strict=True):
        image[2 * y : 2 * y + size, 2 * x : 2 * x + size] = 255
    np.savez(tmp_path / "squares.npz", images=images)
    write_grid(tmp_path, GRID, "squares.yaml")
    done = command(tmp_path, "launch", "squares.yaml", "--engine", "local")
    assert done.returncode == 0, done.stderr
    assert "6 of 6 runs done." in done.stdout and "UDR" in done.stdout

    shown = command(tmp_path, "table", "squares", "--json")
    (row,) = json.loads(shown.stdout)["rows"]
    chosen = command(tmp_path, "select", "squares.yaml", "--json", "--no-register")
    (winner,) = json.loads(chosen.stdout)
    assert winner["by"] == "udr" and winner["seeds"] == 3 and winner["candidates"] == 2
    assert 0 <= winner["score"] <= 1
    assert row["run_ids"] == winner["run_ids"].split(",") and row["udr"] == winner["score"]
