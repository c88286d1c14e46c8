"""Prints what an MLflow server holds, as JSON: python -m tests.docker.read_back URI [ARCHIVE]

With ARCHIVE the experiments are renamed to it and deleted, so that a launch begins again."""

import json
import sys
import tempfile

import pyarrow.parquet as pq
from mlflow.tracking import MlflowClient

from sweeper.tracking.mlflow_defaults import set_mlflow_defaults

RUN_ID = "sweeper.run_id"


def read_back(uri: str) -> dict[str, object]:
    """{"statuses": of all runs, "rows": {run id: [row of its metric table, ...]}}."""
    client = MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    statuses: list[str] = []
    rows: dict[str, list[object]] = {}
    for run in client.search_runs(experiments):
        statuses.append(run.info.status)
        if RUN_ID in run.data.tags:
            with tempfile.TemporaryDirectory() as folder:
                path = client.download_artifacts(run.info.run_id, "metrics.parquet", folder)
                table = pq.read_table(path).to_pylist()
            rows.setdefault(run.data.tags[RUN_ID], []).append(table)
    return {"statuses": statuses, "rows": rows}


def archive(uri: str, name: str) -> None:
    client = MlflowClient(uri)
    for experiment in client.search_experiments():
        if experiment.experiment_id != "0":
            client.rename_experiment(experiment.experiment_id, f"{name} {experiment.name}")
            client.delete_experiment(experiment.experiment_id)


if __name__ == "__main__":
    set_mlflow_defaults()
    print(json.dumps(read_back(sys.argv[1]), sort_keys=True))
    if sys.argv[2:]:
        archive(*sys.argv[1:])
