"""Figure 6.2: latents varied one at a time."""

import csv

import numpy as np
import pytest

from sweeper.analysis.selected import select
from sweeper.errors import UsageError
from sweeper.tracking.reading.artifacts import Latents
from sweeper.weights.find import MissingWeights
from sweeper.weights.traversal import compute_traversal, mean_kl, write_traversal
from tests.sweeper.support.trained_store import train_store


@pytest.fixture(scope="module")
def study(trained):
    return trained.study()


@pytest.fixture(scope="module")
def best(study):
    return select(study).set_index("label").loc["vae"].run_ids


def latents(mu_NL, logvar_NL):
    count = len(mu_NL)
    return Latents(mu_NL, logvar_NL, np.zeros((count, 1)), np.arange(count), ("f",), (1,))


def test_mean_kl_of_the_prior_is_zero_and_of_a_shift_half_its_square():
    found = mean_kl(latents(np.array([[0.0, 2.0]]), np.zeros((1, 2))))
    assert found == pytest.approx([0.0, 2.0])


def test_only_the_dimension_of_the_row_is_varied(trained, study, best):
    wanted = dict(dims=[3, 0], ranges=[(-2.0, 2.0), (0.0, 4.0)], steps=5, point=7)
    found = compute_traversal(study, best, trained.store, **wanted)
    assert found.dims_D == (3, 0)
    assert found.values_DS == pytest.approx(np.array([[-2, -1, 0, 1, 2], [0, 1, 2, 3, 4.0]]))
    assert found.pictures_DSCHW.shape == (2, 5, 1, 64, 64)
    mu_L = study.latents(best).mu_NL[7]
    own = dict(dims=[3], ranges=[(float(mu_L[3]), float(mu_L[3]) + 1)], steps=2, point=7)
    still = compute_traversal(study, best, trained.store, **own)
    assert still.change_DS[0, 0] == pytest.approx(0, abs=1e-7)
    assert still.change_DS[0, 1] > 0


def test_by_default_informative_latents_come_first(trained, study, best):
    found = compute_traversal(study, best, trained.store)
    kl_D = found.kl_nats_L[list(found.dims_D)]
    assert len(kl_D) >= 1 and np.array_equal(kl_D, np.sort(kl_D)[::-1])
    assert kl_D[0] == found.kl_nats_L.max()


def test_the_files_are_repeatable_and_the_csv_holds_each_picture(trained, study, best, tmp_path):
    found = compute_traversal(study, best, trained.store, dims=[1], steps=3)
    first = [path.read_bytes() for path in write_traversal(found, tmp_path / "a")]
    assert first == [path.read_bytes() for path in write_traversal(found, tmp_path / "b")]
    assert first[0].startswith(b"\x89PNG") and b"<svg" in first[1]
    with open(tmp_path / "a" / "figure_6_2.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == [-3, 0, 3]
    assert {row["run_id"] for row in rows} == {best}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dims": [5]}, "latents 0 to 4"),
        ({"dims": []}, "latents 0 to 4"),
        ({"point": 40}, "points 0 to 39"),
        ({"dims": [0, 1, 2], "ranges": [(0.0, 1.0), (0.0, 2.0)]}, "2 ranges for 3 dims"),
        ({"ranges": [(1.0, 1.0)]}, "two finite values"),
        ({"ranges": [(float("nan"), 1.0)]}, "two finite values"),
    ],
)
def test_invalid_requests_are_refused(trained, study, best, wrong, message):
    with pytest.raises(UsageError, match=message):
        compute_traversal(study, best, trained.store, **wrong)


def test_missing_weights_are_reported(study, best, tmp_path):
    with pytest.raises(MissingWeights, match="weights are not kept"):
        compute_traversal(study, best, str(tmp_path))


@pytest.mark.slow
def test_colour_pictures_of_celeba_s_stand_in(tmp_path, empty_database):
    place = train_store(
        tmp_path,
        empty_database,
        datasets={"name": "celeba", "source": "synthetic"},
        models=["l_vae"],
        axes={"network": "cnn", "batch_size": 2, "iterations": [1]},
        evaluation={"num_points": 12, "measures": ["cbd"]},
        select={"min_active": 0},
    )
    study = place.study()
    found = compute_traversal(study, study.runs.run_id[0], place.store, dims=[0, 39], steps=2)
    assert found.pictures_DSCHW.shape == (2, 2, 3, 128, 128)
    assert len(write_traversal(found, tmp_path / "figures")) == 3
