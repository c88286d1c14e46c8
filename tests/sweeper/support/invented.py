"""Invented cells of a grid and numbers for their runs, for tests of what reads stores.

Each configuration's scores lie below the published best of its dataset and model by an amount drawn
from a hash of the configuration. Nothing here is a result.

Shapes: N points, L latents, K factors."""

import hashlib
import json
import math
from collections.abc import Sequence
from csv import DictReader
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import sweeper
from sweeper.ids import run_id, training_id
from trainers.config import TrainingConfig
from trainers.specs.datasets import DATASETS
from trainers.specs.models import MODELS as SPECS
from trainers.specs.models import canonical_model

Cell = dict[str, Any]
FACTORS = {
    "dsprites": ("shape", "scale", "orientation", "posX", "posY"),
    "mpi3d": ("object_color", "object_shape", "object_size", "camera_height", "background_color")
    + ("horizontal_axis", "vertical_axis"),
    "falcor3d": ("lighting_intensity", "lighting_x-dir", "lighting_y-dir", "lighting_z-dir")
    + ("camera_x", "camera_y", "camera_z"),
    "isaac3d": ("object_shape", "robot_x-move", "robot_y-move", "camera_height", "object_scale")
    + ("lighting_intensity", "lighting_y-dir", "object_color", "wall_color"),
}
MODELS = ("vae", "beta_vae", "control_vae", "dynamic_vae", "sigma_vae", "l_vae", "mdl_vae_strong")
MEASURES = ("cbd", "cbd_compactness", "cbd_modularity", "beta_vae", "factor_vae", "mig")
MEASURES += ("mig_sup", "modularity", "explicitness", "sap", "irs")
START_MS = 1_700_000_000_000


def digest(*parts: object, size: int = 16) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:size]


def unit(*parts: object) -> float:
    """A number in [0, 1) that is a pure function of its arguments."""
    return int(digest(*parts, size=13), 16) / 16**13


def make_cell(dataset: str, label: str, **settings: Any) -> Cell:
    """One cell of a plan, with the ids that the grids of the package give it."""
    beta = settings.pop("beta", None)
    params = SPECS[label].defaults()
    if label == "beta_vae":
        params["beta"] = 4.0 if beta is None else float(beta)
    model, params = canonical_model(label, params)
    iterations = settings.pop("iterations", 300_000)
    spec = DATASETS[dataset]
    rest = {"source": spec.sources[0], "network": spec.network, "latent_dim": spec.latent_dim}
    rest |= {"batch_size": 64, "learning_rate": 1e-4, **settings}
    identity = TrainingConfig(dataset=dataset, model=model, params=params, **rest).identity()
    ids = {"run_id": run_id(identity, iterations), "training_id": training_id(identity)}
    return {**ids, "label": label, **identity, "iterations": iterations}


def thesis_cells(
    datasets: Sequence[str] = ("dsprites",),
    models: Sequence[str] = MODELS,
    batch_sizes: Sequence[int] = (64, 128, 256),
    learning_rates: Sequence[float] = (1e-4, 1e-5),
    iterations: Sequence[int] = tuple(range(50_000, 300_001, 50_000)),
    betas: Sequence[float] = (2.0, 4.0),
    seeds: Sequence[int] = (0,),
    **more: Any,
) -> list[Cell]:
    """The thesis's grid: 36 runs a model, 72 of beta_vae."""
    return [
        make_cell(
            dataset,
            label,
            beta=beta,
            batch_size=batch,
            learning_rate=rate,
            iterations=count,
            seed=seed,
            **more,
        )
        for dataset in datasets
        for label in models
        for beta in (betas if label == "beta_vae" else (None,))
        for batch in batch_sizes
        for rate in learning_rates
        for count in iterations
        for seed in seeds
    ]


@cache
def published() -> dict[tuple[str, str], dict[str, float]]:
    """(dataset, model) -> published numbers; only to make the invented ones plausible."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    folder = Path(sweeper.__file__).parent / "tables" / "thesis_tables"
    for name in ("table_7_3", "table_7_2", "table_7_1", "table_7_4"):
        with open(folder / f"{name}.csv", newline="", encoding="utf-8") as handle:
            for row in DictReader(handle):
                values = found.setdefault((row.pop("dataset"), row.pop("model")), {})
                row.pop("beta", None)
                values.update({key: float(value) for key, value in row.items() if value})
    return found


def final_metrics(cell: Cell) -> dict[str, float]:
    """Every metric of a run at its last step: scores, losses, sigmas."""
    base = published().get((cell["dataset"], cell["model"]))
    base = base or published()[cell["dataset"], "vae"]
    settings = (cell["dataset"], cell["model"], cell["params"])
    luck = unit(*settings, cell["batch_size"], cell["learning_rate"], cell["iterations"])
    quality = 0.55 * luck + 0.45 * (1 - math.exp(-cell["iterations"] / 80_000))
    wobble = 0.02 * (unit("seed", *settings, cell["seed"]) - 0.5)
    metrics = {}
    for name in MEASURES:
        best = base.get(name, base.get(f"{name}_score", base["cbd"]))
        lean = 0.9 + 0.1 * unit(name, cell["run_id"])
        metrics[f"measure/{name}"] = best * (0.5 + 0.5 * quality) * lean + wobble
    recon = base["reconstruction"] * (1 + 1.2 * (1 - quality)) * (1 + wobble)
    kl = 18 / (1 + 0.2 * cell["params"].get("beta", 1.0)) * (0.6 + 0.4 * quality)
    metrics |= {"valid/recon": recon, "valid/kl": kl}
    last = trajectory(cell, num_rows=2)
    return metrics | {name: float(values[-1]) for name, values in last.items()}


def trajectory(cell: Cell, num_rows: int = 61) -> dict[str, np.ndarray]:
    """Invented training curves (num_rows,), the last row at the run's last iteration."""
    step = np.linspace(0, cell["iterations"], num_rows)
    base = published().get((cell["dataset"], cell["model"]), {"reconstruction": 20.0})
    beta = cell["params"].get("beta", 1.0)
    recon = base["reconstruction"] * (0.8 + 0.2 * beta) + 900 * np.exp(-step / 9_000)
    recon = recon + 14 * np.exp(-step / 70_000)
    kl = 20 / (0.6 + 0.4 * beta) * (1 - np.exp(-step / 25_000)) + 0.3
    curves = {"loss/recon": recon, "loss/kl": kl, "loss/total": recon + beta * kl}
    latents = cell["latent_dim"]
    share = np.linspace(0.02, 1, latents) / np.linspace(0.02, 1, latents).sum()
    curves |= {f"kl/z{i}": kl * share[i] for i in range(latents)}
    if cell["model"] == "l_vae":
        reach = 1 - np.exp(-step / 18_000)
        sigma_recon = 1 + (recon**0.25 - 1) * reach
        sigma_kl = 1 + (kl**0.25 - 1) * reach
        curves |= {"sigma/recon": sigma_recon, "sigma/kl": sigma_kl}
        curves["beta"] = sigma_recon**2 / sigma_kl**2
    if cell["model"].startswith("mdl_"):
        curves["sigma/recon"] = np.full_like(step, 1.4)
        for i in range(latents):
            end = 0.8 * max(0.0, (i - 1) / max(1, latents - 2))
            curves[f"sigma/z{i}"] = end + (1 - end) * np.exp(-step / 15_000)
    return curves


def latents(cell: Cell, num_points: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """mu (N, L) float32 and factors (N, K) int64: later latents follow a factor more closely."""
    rng = np.random.default_rng(int(cell["run_id"], 16))
    count = len(FACTORS[cell["dataset"]])
    factors = rng.integers(0, 6, (num_points, count))
    width = cell["latent_dim"]
    mu = rng.normal(size=(num_points, width))
    for latent in range(width):
        weight = 2.5 * latent / max(1, width - 1)
        mu[:, latent] += weight * (factors[:, latent % count] - 2.5)
    mu[:, 0] += 0.3 * factors[:, 1]
    return mu.astype(np.float32), factors


def small_cells() -> list[Cell]:
    """40 cells on dSprites."""
    return thesis_cells(
        models=("vae", "beta_vae", "l_vae", "mdl_vae_strong"),
        batch_sizes=(64,),
        iterations=(50_000, 100_000, 200_000, 300_000),
    )
