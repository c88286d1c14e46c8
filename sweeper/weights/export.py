"""Exports a run as a folder that numpy and torch read without this project.

    config.json           what was trained, its scores, and the network's layers
    weights.safetensors   the weights, in a format that other libraries read too
    latents.npz           mu, logvar (N, L), factors (N, K), indices (N,), names, sizes (K,)
    load.py               builds the network of torch.nn and reads the rest; no other import
    README.md             how to use it, and what the run is

Shapes: N points, L latent, K factors."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sweeper.analysis.study import SCORES, SETTINGS, Study, run_named
from sweeper.errors import ResultsError, TrackingError, UsageError
from sweeper.tracking.reading.artifacts import Latents
from sweeper.weights.find import find_weights
from sweeper.weights.layers import UnsupportedLayer
from sweeper.weights.rebuilt import LOADER, description
from trainers.errors import OwnCodeError
from trainers.files import write_then_rename
from trainers.saving.trained_network import Weights

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Exported:
    """files: paths of what was written.  missing: one line for each part that was not found."""

    files: tuple[Path, ...]
    missing: tuple[str, ...]


def export(study: Study, run: str, out: Path, store: str) -> Exported:
    """Writes a run to the folder `out`. `run` is its id, its MLflow id, or the start of either.

    Raises UsageError for an unknown run or a folder that holds other files, ResultsError if
    neither latents nor weights are found."""
    run_id = run_named(study, run)
    _check(out)
    missing: list[str] = []
    weights = latents = None
    try:
        weights = find_weights(study.uri, study.stored[run_id], store)
    except ResultsError as error:
        missing.append(str(error))
    try:
        latents = study.latents(run_id)
    except TrackingError as error:
        missing.append(str(error))
    if weights is None and latents is None:
        raise ResultsError("\n".join(missing))
    about = _about(study, run_id)
    if weights is not None:
        try:
            about |= description(weights)
        except (UnsupportedLayer, OwnCodeError) as error:
            missing.append(_without_loader(weights, error))
    out.mkdir(parents=True, exist_ok=True)
    return Exported(tuple(_write(about, out, weights, latents)), tuple(missing))


def _without_loader(weights: Weights, error: Exception) -> str:
    return (
        f"load.py cannot build network {weights.about['network']}: {error}. Its weights are in "
        "weights.safetensors: load them into the class of your own file"
    )


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / LOADER.name).is_file():
        raise UsageError(f"--out {out} holds other files; name a new or an empty folder")


def _write(
    about: Mapping[str, Any], out: Path, weights: Weights | None, latents: Latents | None
) -> list[Path]:
    if weights is not None:
        _write_weights(out / "weights.safetensors", weights.state)
    if latents is not None:
        np.savez_compressed(
            out / "latents.npz",
            mu=latents.mu_NL,
            logvar=latents.logvar_NL,
            factors=latents.factors_NK,
            indices=latents.indices_N,
            names=np.array(latents.names),
            sizes=np.array(latents.sizes),
        )
    text = json.dumps(about, indent=2, ensure_ascii=False)
    (out / "config.json").write_text(text + "\n", encoding="utf-8")
    (out / "README.md").write_text(_readme(about), encoding="utf-8")
    shutil.copyfile(LOADER, out / LOADER.name)
    names = ("config.json", "weights.safetensors", "latents.npz", "load.py", "README.md")
    return [out / name for name in names if (out / name).is_file()]


def _write_weights(path: Path, state: Mapping[str, "Tensor"]) -> None:
    from safetensors.torch import save

    with write_then_rename(path) as temporary:
        temporary.write_bytes(save({name: value.contiguous() for name, value in state.items()}))


def _about(study: Study, run_id: str) -> dict[str, Any]:
    """The run's settings and scores as JSON values. A score that is not finite is None."""
    row = study.runs[study.runs.run_id == run_id].iloc[0].to_dict()
    row = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    own = [name for name in row if name.startswith("param/") and row[name] == row[name]]
    scores = {name: row[name] for name in row if name.startswith(SCORES)}
    return {
        "run_id": run_id,
        "training_id": row["training_id"],
        "dataset_fingerprint": row["fingerprint"],
        "code_version": row["code_version"],
        **{name: row[name] for name in SETTINGS},
        "params": {name.removeprefix("param/"): row[name] for name in own},
        "scores": {n: v if np.isfinite(v) else None for n, v in scores.items()},
    }


def _readme(about: Mapping[str, Any]) -> str:
    lines = [f"# {about['dataset']} {about['model']}, run {about['run_id']}", ""]
    lines += [f"- {name}: {about[name]}" for name in SETTINGS[3:] if about[name] not in ("", None)]
    lines += [f"- {name}: {value}" for name, value in about["params"].items()]
    lines += ["", "With numpy and torch alone, in this folder:", "", "```python"]
    if "encoder" in about:
        shape = ", ".join(map(str, about["image_CHW"]))
        lines += [
            "from load import load",
            "",
            "model = load()",
            f"mu, logvar = model.encode(images)  # uint8 (B, {shape}), as the dataset has them",
            f"pictures = model.decode(mu)  # float32 (B, {shape}) in [0, 1]",
        ]
    lines += [
        "import numpy as np",
        "",
        'latents = np.load("latents.npz")  # mu, logvar (N, L), factors (N, K), indices (N,)',
        "```",
        "",
    ]
    return "\n".join(lines)
