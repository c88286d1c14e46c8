"""A run to be written to MLflow, with a small record."""

import numpy as np

from sweeper.tracking.writing.writer import RunToPublish
from trainers.saving.records import Milestone


def milestone(created_s=1000.0, cbd=0.25, steps=300, **changes):
    rng = np.random.default_rng(0)
    values = dict(
        iteration=20,
        metrics={"measure/cbd": cbd, "valid/recon": 1 / 3},
        trajectory_names=("loss/recon", "loss/kl"),
        trajectory_ST=np.column_stack([np.arange(1, steps + 1), rng.normal(size=(steps, 2))]),
        mu_NL=rng.normal(size=(6, 2)).astype(np.float32),
        logvar_NL=rng.normal(size=(6, 2)).astype(np.float32),
        factors_NK=rng.integers(0, 3, (6, 2)),
        indices_N=np.arange(6),
        about={
            "dataset_fingerprint": "dsprites/rendered-1",
            "created_s": created_s,
            "factor_names": ["a", "b"],
            "factor_sizes": [3, 3],
        },
    )
    return Milestone(**(values | changes))


def publication(record, run_id="ab" * 8, **changes):
    values = dict(
        run_id=run_id,
        training_id="cd" * 8,
        name="dsprites vae",
        params={"dataset": "dsprites", "learning_rate": "0.0001", "iterations": "20"},
        grids=("tiny",),
        synthetic=False,
        measures=("cbd",),
        milestone=record,
    )
    return RunToPublish(**(values | changes))


def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(uri)
