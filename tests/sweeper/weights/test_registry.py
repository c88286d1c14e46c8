"""Weights of selected runs: found, stored in MLflow, registered as models, or reported missing."""

import shutil
import sqlite3
import subprocess
import sys
from collections import OrderedDict as _Cache
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.population import population_from
from sweeper.analysis.selected import select
from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError
from sweeper.tracking import layout
from sweeper.weights.find import MissingWeights, find_weights, logged_weights
from sweeper.weights.registry import model_name, register_selected
from trainers.datasets import open_dataset

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own(trained, tmp_path, monkeypatch):
    """A copy of the store whose artifacts may be changed too."""
    # MLflow caches where each run's artifacts are, by run id and for all stores of a process.
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", _Cache())
    place = trained.copied(tmp_path / "own")
    _point_artifacts_to(place.folder)
    return place


def _point_artifacts_to(folder):
    with sqlite3.connect(folder / "mlflow.db") as connection:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            rows = connection.execute(f"select rowid, {column} from {table}").fetchall()
            for number, uri in rows:
                if "/mlartifacts/" in uri:
                    place = f"{(folder / 'mlartifacts').as_uri()}/{uri.split('/mlartifacts/')[1]}"
                    connection.execute(
                        f"update {table} set {column} = ? where rowid = ?", (place, number)
                    )


def rows_of(study):
    population = population_from(study, None)
    rule = replace(population.rule, min_active=0)  # six steps leave no latent active
    text = replace(population.text, rule=rule)
    return select(replace(population, text=text)).to_dict("records")


def test_stored_weights_give_the_run_s_latents(trained):
    study = trained.study()
    rows = rows_of(study)
    assert {row["model"] for row in rows} == {"vae", "l_vae"}
    for row in rows:
        run_id = row["run_ids"]
        weights = find_weights(trained.uri, study.stored[run_id], trained.store)
        latents = study.latents(run_id)
        images = open_dataset("dsprites").images(latents.indices_N)
        assert encoded(weights, images) == pytest.approx(latents.mu_NL, abs=1e-5)
        assert weights.about["iteration"] == row["iterations"]


def encoded(weights, images_BCHW):
    import torch

    x_BCHW = torch.from_numpy(images_BCHW).float() * weights.about["scale"]
    with torch.no_grad():
        return weights.build().encode(x_BCHW)[0].numpy()


def test_missing_weights_of_another_milestone_are_reported(trained):
    study = trained.study()
    (row, *_) = rows_of(study)
    siblings = study.siblings(row["run_ids"])
    (other,) = set(siblings.run_id) - {row["run_ids"]}
    with pytest.raises(MissingWeights, match=f"iteration {row['iterations']} only.*keep_weights"):
        find_weights(trained.uri, study.stored[other], trained.store)


def test_weights_that_went_are_read_from_the_checkpoint_of_the_same_iteration(own):
    study = own.study()
    for row in rows_of(study):
        run = study.stored[row["run_ids"]]
        folder = Path(own.store, "trainings", run.tags[layout.TRAINING_ID])
        (kept,) = folder.glob("weights-*")
        kept.unlink()
        if row["iterations"] < 6:  # the checkpoint is of the last milestone
            with pytest.raises(MissingWeights, match="holds none"):
                find_weights(own.uri, run, own.store)
        (last,) = set(study.siblings(row["run_ids"]).query("iterations == 6").run_id)
        weights = find_weights(own.uri, study.stored[last], own.store)
        latents = study.latents(last)
        images = open_dataset("dsprites").images(latents.indices_N)
        assert encoded(weights, images) == pytest.approx(latents.mu_NL, abs=1e-5)
        assert weights.about["iteration"] == 6
        next(folder.glob("milestone-000000000006-*")).unlink()  # which says what it was trained on
        with pytest.raises(MissingWeights, match="holds none"):
            find_weights(own.uri, study.stored[last], own.store)


def test_weights_are_kept_and_models_registered_once(own):
    from mlflow.tracking import MlflowClient

    study = own.study()
    kept = register_selected(study, rows_of(study), grid="tiny", store=own.store)
    assert kept.missing == ()
    assert kept.models == {"sweeper-tiny-dsprites-vae": 1, "sweeper-tiny-dsprites-l_vae": 1}
    for row in rows_of(study):
        assert logged_weights(own.uri, study.stored[row["run_ids"]]).state
    shutil.rmtree(own.store)  # what MLflow holds is enough
    again = register_selected(own.study(), rows_of(study), grid="tiny", store=own.store)
    assert again == kept
    client = MlflowClient(own.uri)
    for name in kept.models:
        (version,) = client.search_model_versions(f"name = '{name}'")
        assert version.tags[layout.RUN_ID] in {row["run_ids"] for row in rows_of(study)}
        assert not list(Path(version.source.removeprefix("file://")).rglob("*.pkl"))


@pytest.mark.slow
def test_a_registered_model_turns_images_into_latents_in_another_process(own, tmp_path):
    study = own.study()
    kept = register_selected(study, rows_of(study), grid=None, store=own.store)
    name = "sweeper-dsprites-l_vae"
    assert kept.models[name] == 1
    code = f"""
import mlflow, numpy as np
mlflow.set_tracking_uri({own.uri!r})
model = mlflow.pyfunc.load_model("models:/{name}/1")
np.save({str(tmp_path / "latents.npy")!r}, model.predict(np.load({str(tmp_path / "x.npy")!r})))
"""
    (row,) = [row for row in rows_of(study) if row["label"] == "l_vae"]
    latents = study.latents(row["run_ids"])
    np.save(tmp_path / "x.npy", open_dataset("dsprites").images(latents.indices_N[:8]))
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True, capture_output=True
    )
    assert np.load(tmp_path / "latents.npy") == pytest.approx(latents.mu_NL[:8], abs=1e-5)


def test_without_the_store_each_run_is_reported_in_one_line(own):
    shutil.rmtree(own.store)
    study = read_study(own.uri)
    kept = register_selected(study, rows_of(study), grid="tiny", store=own.store)
    assert kept.models == {}
    assert len(kept.missing) == 2
    assert all("holds none" in line and "\n" not in line for line in kept.missing)


def test_damaged_weights_are_reported(own):
    study = own.study()
    rows = rows_of(study)
    register_selected(study, rows, grid="tiny", store=own.store)
    run = study.stored[rows[0]["run_ids"]]
    path = Path(run.artifact_uri.removeprefix("file://")) / layout.WEIGHTS / "weights.pt"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ResultsError, match="is not a weights file"):
        logged_weights(own.uri, run)


def test_the_model_name_of_a_stand_in_contains_synthetic():
    row = {"dataset": "mpi3d", "population": "synthetic", "label": "vae"}
    assert model_name("g", row) == "sweeper-g-mpi3d-synthetic-vae"
