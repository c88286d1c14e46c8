"""A store of 36 L-VAE runs, written by the writer that a launch uses. The numbers are invented."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from sweeper.analysis.study import read_study
from sweeper.publishing.launch_results import attach_results
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import RunToPublish, Writer
from tests.sweeper.support import invented
from trainers.saving.records import Milestone

GRID = "table6_1"


def write_store(folder: Path) -> str:
    """36 finished runs under one launch with its tables and figures; the tracking URI."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    cells = invented.thesis_cells(models=("l_vae",))
    writer = Writer(uri, "thesis", folder, "0.1.0")
    parent = writer.open_launch(GRID, "0" * 16, {})
    for name, text in ((layout.PLAN, _plan(cells)), (layout.GRID_TEXT, f"name: {GRID}\n")):
        (folder / name).write_text(text, encoding="utf-8")
        writer.attach(parent, folder / name)
    for number, cell in enumerate(cells):
        writer.publish(_publication(cell, parent, number))
    attach_results(writer, parent, GRID, read_study(uri))
    writer.close_launch(parent, "FINISHED")
    return uri


def _plan(cells: list[dict[str, Any]]) -> str:
    return json.dumps({"grid": GRID, "cells": cells, "runs": len(cells)})


def _publication(cell: dict[str, Any], parent: str, number: int) -> RunToPublish:
    names = ("dataset", "source", "model", "batch_size", "learning_rate", "iterations")
    names += ("latent_dim", "network", "seed")
    rest = {"protocol": "thesis", "num_points": 10_000, "reconstruction": "mse"}
    rest |= {"precision": "fp32", **cell["params"]}
    params = {name: str(value) for name, value in ({n: cell[n] for n in names} | rest).items()}
    return RunToPublish(
        run_id=cell["run_id"],
        training_id=cell["training_id"],
        name="{dataset} {model} b{batch_size} lr{learning_rate:g} it{iterations}".format(**cell),
        params=params,
        grids=(GRID,),
        synthetic=False,
        measures=invented.MEASURES,
        milestone=_milestone(cell, number),
        parent=parent,
    )


def _milestone(cell: dict[str, Any], number: int) -> Milestone:
    curves = invented.trajectory(cell)
    step_S = np.linspace(0, cell["iterations"], len(curves["loss/kl"]))
    mu_NL, factors_NK = invented.latents(cell)
    metrics = invented.final_metrics(cell).items()
    about = {
        "dataset_fingerprint": "dsprites/rendered-1",
        "factor_names": list(invented.FACTORS["dsprites"]),
        "factor_sizes": [6] * 5,
        "created_s": 1.7e9 + number,
    }
    return Milestone(
        iteration=cell["iterations"],
        metrics={key: value for key, value in metrics if key not in curves},
        trajectory_names=tuple(curves),
        trajectory_ST=np.column_stack([step_S, *curves.values()]),
        mu_NL=mu_NL,
        logvar_NL=np.full_like(mu_NL, -2.0),
        factors_NK=factors_NK,
        indices_N=np.arange(len(mu_NL)),
        about=about,
    )
