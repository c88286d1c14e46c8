"""A fast writer of plausible MLflow stores, for tests of what reads them.

Rows go straight into MLflow's own tables, so 1,300 runs take seconds and not minutes. What they
hold is invented: see `invented`."""

import json
import math
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sweeper.tracking import layout
from tests.sweeper.support.invented import (
    FACTORS,
    START_MS,
    Cell,
    digest,
    final_metrics,
    latents,
    trajectory,
)

Outcome = tuple[str, str]
finished: Callable[[Cell], Outcome | None] = lambda cell: ("finished", "")  # noqa: E731


def create_store(folder: Path, template: Path) -> str:
    """A fresh store in `folder`; the tracking URI."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"


def write_launch(
    uri: str,
    cells: Iterable[Cell],
    *,
    grid: str = "table7_1",
    grid_text: str = "",
    outcome: Callable[[Cell], Outcome | None] = finished,
    change: Callable[[Cell, dict[str, float]], Mapping[str, float]] = lambda cell, metrics: metrics,
    experiment: str = "sweeper",
    artifacts: bool = True,
    synthetic: Sequence[str] = (),
    protocol: str = "thesis",
    start: int = 0,
) -> None:
    """A launch and its runs. outcome: (status, reason) of a cell, or None for one not run; a
    'running' one has no status yet.

    `change` edits a run's metrics; runs already stored are left alone; `start` dates the launch."""
    from mlflow.store.tracking.dbmodels import models as db
    from mlflow.tracking._tracking_service.utils import _get_store

    cells = list(cells)
    engine = _get_store(uri).engine
    root = Path(uri.removeprefix("sqlite:///")).parent / layout.DEFAULT_ARTIFACTS
    parent = digest("launch", grid, [cell["run_id"] for cell in cells], size=32)
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (db.SqlRun, db.SqlParam, db.SqlTag, db.SqlLatestMetric, db.SqlMetric)
    }
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            "select experiment_id from experiments where name = ?", (experiment,)
        ).first()
        if found is None:
            row = {"name": experiment, "artifact_location": str(root), "creation_time": START_MS}
            row |= {"lifecycle_stage": "active", "last_update_time": START_MS}
            connection.execute(db.SqlExperiment.__table__.insert(), row)
            found = connection.exec_driver_sql(
                "select experiment_id from experiments where name = ?", (experiment,)
            ).first()
        stored = {row[0] for row in connection.exec_driver_sql("select run_uuid from runs")}
        place = root / str(found[0])
        _add_run(rows, db, found[0], parent, f"launch {grid}", place, "FINISHED", start)
        tags = {"sweeper.kind": "launch", "sweeper.grid": grid, "sweeper.grid_id": parent[:16]}
        _add_tags(rows, db, parent, tags)
        _write_plan(place / parent / "artifacts", grid, cells, grid_text)
        for number, cell in enumerate(cells):
            ended = outcome(cell)
            run = digest("mlflow", cell["run_id"], size=32)
            if ended is None or run in stored:
                continue
            stored.add(run)
            status, reason = ended
            state = {"finished": "FINISHED", "running": "RUNNING"}.get(status, "FAILED")
            _add_run(rows, db, found[0], run, cell["label"], place, state, start + number)
            tags = {"sweeper.kind": "run", "sweeper.run_id": cell["run_id"]}
            tags |= {"sweeper.training_id": cell["training_id"]}
            tags |= {} if status == "running" else {"sweeper.status": status}
            tags |= {"sweeper.grids": grid, "mlflow.parentRunId": parent}
            stand_in = cell["dataset"] in synthetic
            tags |= {
                "sweeper.synthetic": str(stand_in).lower(),
                "sweeper.code_version": "0.1.0",
            }
            tags["sweeper.dataset_fingerprint"] = f"{cell['dataset']}/{cell['source']}-1"
            if reason:
                tags["sweeper.reason"] = reason
            metrics = (
                {} if status in ("failed", "running") else dict(change(cell, final_metrics(cell)))
            )
            metrics = {stored_key(column): value for column, value in metrics.items()}
            names = [name[8:] for name in metrics if name.startswith("measure/")]
            _add_tags(rows, db, run, tags | {"sweeper.measures": ",".join(sorted(names))})
            _add_params(rows, db, run, cell, protocol)
            _add_metrics(rows, db, run, cell["iterations"], metrics)
            if artifacts and status == "finished":
                _write_artifacts(place / run / "artifacts", cell)
        for table, values in rows.items():
            if values:
                connection.execute(table.__table__.insert(), values)


def stored_key(column: str) -> str:
    """The metric key of a frame's column: 'measure/sap' -> 'measure/sap.r1'."""
    prefix, measure, name = column.rpartition("measure/")
    return f"{prefix}{measure}{layout.stored_name(name)}" if measure else column


def _add_run(rows, db, experiment, run, name, place, status, number) -> None:
    row = {"run_uuid": run, "name": name, "source_type": "UNKNOWN", "user_id": "someone"}
    row |= {"status": status, "start_time": START_MS + number, "end_time": START_MS + number + 1}
    row |= {"lifecycle_stage": "active", "artifact_uri": str(place / run / "artifacts")}
    rows[db.SqlRun].append(row | {"experiment_id": experiment})


def _add_tags(rows, db, run, tags) -> None:
    rows[db.SqlTag].extend({"run_uuid": run, "key": k, "value": v} for k, v in tags.items())


def _add_params(rows, db, run, cell, protocol) -> None:
    names = ("dataset", "source", "model", "batch_size", "learning_rate", "iterations")
    names += ("latent_dim", "network", "seed")
    params = {name: cell[name] for name in names} | cell["params"]
    params |= {"protocol": protocol, "num_points": 10_000, "reconstruction": cell["reconstruction"]}
    params["precision"] = "fp32"
    rows[db.SqlParam].extend(
        {"run_uuid": run, "key": k, "value": str(v)} for k, v in params.items()
    )


def _add_metrics(rows, db, run, step, metrics) -> None:
    """NaN and infinities as MLflow itself stores them."""
    for key, value in metrics.items():
        row = {"run_uuid": run, "key": key, "timestamp": START_MS, "step": step}
        row |= {"is_nan": math.isnan(value)}
        big = 1.7976931348623157e308
        row["value"] = 0.0 if math.isnan(value) else min(max(value, -big), big)
        rows[db.SqlLatestMetric].append(row)
        rows[db.SqlMetric].append(row)


def _write_plan(folder: Path, grid: str, cells: list[Cell], grid_text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    runs = len({cell["run_id"] for cell in cells})
    plan = {"grid": grid, "cells": cells, "runs": runs, "reused": 0}
    plan["trainings"] = len({cell["training_id"] for cell in cells})
    plan["steps_asked"] = sum(cell["iterations"] for cell in cells)
    (folder / layout.PLAN).write_text(json.dumps(plan), encoding="utf-8")
    (folder / layout.GRID_TEXT).write_text(grid_text or f"name: {grid}\n", encoding="utf-8")


def _write_artifacts(folder: Path, cell: Cell) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mu, factors = latents(cell)
    names = FACTORS[cell["dataset"]]
    with h5py.File(folder / layout.LATENTS, "w") as handle:
        handle["mu"], handle["factors"] = mu, factors
        handle["logvar"] = np.full_like(mu, -2.0)
        handle["indices"] = np.arange(len(mu))
        handle.create_dataset("names", data=names, dtype=h5py.string_dtype("utf-8"))
        handle["sizes"] = np.full(len(names), 6)
    curves = trajectory(cell)
    step = np.linspace(0, cell["iterations"], len(curves["loss/kl"])).astype(np.int64)
    pq.write_table(pa.table({"iteration": step, **curves}), folder / layout.TRAJECTORY)
