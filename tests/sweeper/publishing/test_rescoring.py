"""Runs that lack a score, or hold it by an older definition, are scored from stored latents."""

from dataclasses import dataclass

import numpy as np
import pytest

from sweeper.analysis.population import results
from sweeper.analysis.study import outdated_scores, read_study
from sweeper.publishing.rescoring import MissingMeasures, rescore, runs_missing_measures
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import finished_runs, stored_runs
from sweeper.tracking.writing.writer import RunToPublish, Writer
from tests.sweeper.support import synthetic_store as synthetic
from trainers.config import Evaluation, TrainingConfig
from trainers.errors import MeasureError
from trainers.measures import score
from trainers.saving.records import Milestone
from trainers.seeds import seed_for

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and its database library's own

RUN = "ab" * 8
CONFIG = TrainingConfig(
    dataset="dsprites",
    source="rendered",
    model="vae",
    params={},
    network="mlp",
    batch_size=4,
    learning_rate=1e-3,
    milestones=(20,),
    latent_dim=2,
    measures=("cbd", "sap"),
    evaluation=Evaluation(num_points=60),
)


@dataclass(frozen=True)
class PlannedTraining:
    config: TrainingConfig = CONFIG
    run_ids: tuple[str, ...] = (RUN,)


@dataclass(frozen=True)
class PlannedRuns:
    trainings: tuple[PlannedTraining, ...] = (PlannedTraining(),)
    statuses = {RUN: "finished"}


@pytest.fixture
def old_store(tmp_path, monkeypatch, empty_database):
    """A store whose one run was scored when SAP was the gap of squared correlations."""
    monkeypatch.setattr("sweeper.tracking.writing.run_files._write_pcc", lambda *_: None)
    random = np.random.default_rng(0)
    factors_NK = random.integers(0, 3, (60, 2))
    mu_NL = (factors_NK + 0.3 * random.standard_normal((60, 2))).astype(np.float32)
    record = Milestone(
        iteration=20,
        metrics={"measure/cbd": 0.5, "measure/sap": 0.875, "valid/recon": 1.0},
        trajectory_names=("loss/recon",),
        trajectory_ST=np.array([[20.0, 1.0]]),
        mu_NL=mu_NL,
        logvar_NL=np.zeros_like(mu_NL),
        factors_NK=factors_NK,
        indices_N=np.arange(60),
        about={
            "dataset_fingerprint": "dsprites/rendered-1",
            "created_s": 1000.0,
            "factor_names": ["a", "b"],
            "factor_sizes": [3, 3],
        },
    )
    uri = synthetic.create_store(tmp_path, empty_database)
    writer = Writer(uri, "sweeper", tmp_path, "0.1.0")
    params = {"dataset": "dsprites", "model": "vae", "learning_rate": "0.001", "iterations": "20"}
    publication = RunToPublish(
        RUN, "cd" * 8, "vae", params, ("tiny",), False, ("cbd", "sap"), record
    )
    mlflow_run_id = writer.publish(publication)
    return uri, writer, mlflow_run_id, record


def missing(uri: str) -> list[MissingMeasures]:
    """What the plan's runs in the store lack."""
    scored = {run: found.measures for run, found in finished_runs(stored_runs(uri)).items()}
    return list(runs_missing_measures(PlannedRuns(), scored))


def test_an_older_definition_s_score_is_not_shown_as_the_measure(old_store):
    uri, *_ = old_store
    study = read_study(uri)
    assert "measure/sap" not in study.runs
    assert study.runs["measure/sap.r0"].tolist() == [0.875]
    assert set(results(uri).measure) == {"cbd", "sap.r0", "valid/recon"}
    (note,) = outdated_scores(study.rows)
    assert "1 run holds" in note and "sweeper launch" in note


def test_launching_again_scores_it_by_the_current_definition(old_store):
    uri, writer, mlflow_run_id, record = old_store
    (found,) = missing(uri)
    assert found.names == ("sap", "active latents")
    rescore(writer, mlflow_run_id, found)

    seed = seed_for(0, "measure", 20)
    expected = score(record.mu_NL, record.factors_NK, measures=["sap"], seed=seed)["sap"]
    study = read_study(uri)
    assert study.runs["measure/sap"].tolist() == [expected]
    assert study.runs["measure/sap.r0"].tolist() == [0.875]
    assert study.runs["latent/active"].tolist() == [2.0]
    assert list(outdated_scores(study.rows)) == []
    assert missing(uri) == []


def test_a_run_that_has_every_score_gets_active_latents_alone(old_store):
    uri, writer, mlflow_run_id, _ = old_store
    rescore(writer, mlflow_run_id, MissingMeasures(RUN, 20, CONFIG, (), active_latents=True))
    stored = stored_runs(uri)[RUN]
    assert stored.metrics["latent/active"] == 2.0
    assert stored.tags[layout.MEASURES] == "cbd,sap"


def test_a_measure_without_a_value_for_a_run_is_scored_once(old_store, monkeypatch):
    """The total correlation of linearly dependent latents is infinite."""
    uri, writer, mlflow_run_id, _ = old_store
    scores = {"measure/mig": 0.25}
    monkeypatch.setattr("trainers.scoring.latents.measure_scores", lambda *a, **k: scores)
    names = ("mig", "total_correlation")
    rescore(writer, mlflow_run_id, MissingMeasures(RUN, 20, CONFIG, names))
    stored = stored_runs(uri)[RUN]
    assert stored.metrics["measure/mig"] == 0.25
    assert not any("total_correlation" in key for key in stored.metrics)
    assert set(layout.split_list(stored.tags[layout.MEASURES])) == {"cbd", "sap", *names}


def test_latents_that_cannot_be_scored_are_not_scored_again(old_store, monkeypatch):
    uri, writer, mlflow_run_id, _ = old_store

    def refused(*given, **more):
        raise MeasureError("not finite: mig")

    monkeypatch.setattr("trainers.scoring.latents.measure_scores", refused)
    rescore(writer, mlflow_run_id, MissingMeasures(RUN, 20, CONFIG, ("mig",)))
    stored = stored_runs(uri)[RUN]
    assert stored.tags[layout.ADVICE] == "not scored: not finite: mig"
    assert "mig" in layout.split_list(stored.tags[layout.MEASURES])
    assert "measure/mig" not in stored.metrics


def test_names_of_scores_carry_their_revision():
    assert layout.measure_key("cbd") == "measure/cbd"
    assert layout.measure_key("sap") == "measure/sap.r1"
    columns = {
        "measure/sap.r1": "measure/sap",
        "measure/sap": "measure/sap.r0",
        "test/measure/sap.r1": "test/measure/sap",
        "test/measure/sap": "test/measure/sap.r0",
        "measure/cbd": "measure/cbd",
        "measure/own.r1": "measure/own.r1",
        "valid/recon": "valid/recon",
    }
    for key, column in columns.items():
        assert layout.score_column(key) == column
