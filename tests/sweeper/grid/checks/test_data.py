"""Measures, batch sizes and files of one's own against the datasets."""

import numpy as np
import pytest

from sweeper.errors import GridError
from sweeper.grid import load_grid
from tests.sweeper.grid.conftest import MINIMAL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("100", "100, batch_size: 700000"), "larger than the training split of dsprites: 663552"),
        (("100", "100, latent_dim: 0"), "must be at least 1, or `auto`"),
        (("dsprites", "[{name: dsprites, source: synthetic}]"), 'has no source "synthetic"'),
        (("dsprites", "[{name: dsprites, path: a.npz}]"), "the name of a known dataset"),
        (("dsprites", "[{name: mine, path: a.png}]"), "must have a path that ends in"),
        (("dsprites", "[{name: mine, path: a.npz}]"), "does not exist"),
        (("dsprites", "[{nmae: dsprites}]"), 'Did you mean "name"'),
    ],
)
def test_impossible_pairs_are_rejected(mistakes, change: tuple[str, str], said: str) -> None:
    assert any(said in found for found in mistakes(MINIMAL.replace(*change)))


def test_celeba_has_no_measure_that_intervenes(mistakes, write) -> None:
    text = MINIMAL.replace("dsprites", "celeba")
    assert load_grid(write(text)).select.by == "cbd"
    for more in ("evaluation: {measures: [cbd, irs]}\n", "select: {by: irs}\n"):
        [mistake] = mistakes(text + more)
        assert "celeba has no grid of factors, but the measure irs intervenes" in mistake


@pytest.mark.parametrize(("wanted", "planned"), [(12, True), (13, False)])
def test_a_file_of_ones_own_is_read(write, wanted: int, planned: bool) -> None:
    """12 images with factors of sizes 3 and 4; batches of 10 fit the 10.8 training images."""
    path = write("")
    factors = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), -1).reshape(-1, 2)
    images = np.zeros((wanted, 64, 64), np.uint8)
    np.savez(path.parent / "mine.npz", images=images, factors=factors)
    text = MINIMAL.replace("dsprites", "[{name: mine, path: mine.npz}]")
    text = text.replace("100", "100, batch_size: 10")
    if planned:
        assert load_grid(write(text)).datasets[0].path == "mine.npz"
    else:
        with pytest.raises(GridError, match="13 images but 12 rows of factors"):
            load_grid(write(text))


def test_a_pickle_in_a_file_of_ones_own_is_not_loaded(write) -> None:
    path = write(MINIMAL.replace("dsprites", "[{name: mine, path: mine.npz}]"))
    np.savez(
        path.parent / "mine.npz",
        images=np.zeros((1, 64, 64), np.uint8),
        factors=np.array([{}], dtype=object),
    )
    with pytest.raises(GridError, match="pickled objects"):
        load_grid(path)


def test_selecting_by_a_measure_that_noise_scores_high_in_is_warned_of(write) -> None:
    asked = "evaluation: {measures: [cbd, infom]}\n"
    grid = load_grid(write(MINIMAL + asked + "select: {by: infom}\n"))
    (warning,) = grid.origin.warnings
    assert "infom alone" in warning and "infoe" in warning
    assert load_grid(write(MINIMAL + asked)).origin.warnings == ()


UNLABELLED = """
datasets: {name: mine, path: mine.npz}
models: vae
axes: {iterations: 100, batch_size: 10, latent_dim: 3}
seeds: [0, 1]
evaluation: {measures: mutual_info_score}
select: {by: udr, milestone: last}
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("mutual_info_score", "[mutual_info_score, mig]"), "the measure mig needs"),
        (("mutual_info_score", "thesis"), "needs the factors of mine, whose file has none"),
        (("by: udr", "by: cbd"), "the measure cbd needs"),
        ((", latent_dim: 3", ""), "the file of mine has none; give a number"),
    ],
)
def test_images_without_labels_are_planned_without_what_needs_factors(
    mistakes, write, change, said
):
    np.savez(write("").parent / "mine.npz", images=np.zeros((12, 64, 64), np.uint8))
    grid = load_grid(write(UNLABELLED))
    assert grid.select.by == "udr" and not grid.origin.warnings
    assert any(said in found for found in mistakes(UNLABELLED.replace(*change)))
