"""A run of a plan as it is written to MLflow."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sweeper.ids import id_of
from sweeper.planning.plan import Training
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import RunToPublish, Writer
from trainers.config import TrainingConfig, sorted_json
from trainers.own_code.registry import sources_of
from trainers.own_code.worker import parts_of_training
from trainers.saving.records import Milestone
from trainers.specs.models import MODELS, WEAK_SIGMA, needs_weak


def run_to_publish(
    training: Training,
    iterations: int,
    *,
    grids: Iterable[str],
    parent: str | None,
    milestone: Milestone | None,
    status: str = layout.FINISHED,
    reason: str = "",
) -> RunToPublish:
    """The run of `training` at `iterations`. A record without scores makes it a failed one."""
    config = training.config
    run_id = training.run_id_at(iterations)
    scored: list[str] = []
    if milestone is not None:
        prefix = layout.MEASURE_PREFIX
        scored = [key.removeprefix(prefix) for key in milestone.metrics if prefix in key]
        if milestone.failed:
            status, reason = layout.FAILED, milestone.failed
    return RunToPublish(
        run_id=run_id,
        training_id=training.training_id,
        name=run_name(config, iterations),
        params=run_params(config, iterations),
        grids=tuple(grids),
        synthetic=config.source == "synthetic",
        measures=tuple(scored),
        milestone=milestone,
        status=status,
        reason=reason,
        parent=parent,
        notes={
            layout.IDENTITY: sorted_json(config.identity()),
            layout.CONFIGURATION: configuration_name(config, iterations),
            **_advice(config, milestone),
        },
        own_code=_own_code(config),
    )


def _own_code(config: TrainingConfig) -> dict[str, str]:
    """{DIGEST/FILE: text} of the user's own code that the training and its scores need."""
    return {
        f"{source.digest}/{name}": text
        for source in sources_of(parts_of_training(config))
        for name, text in source.files.items()
    }


def run_params(config: TrainingConfig, iterations: int) -> dict[str, str]:
    """MLflow's parameters of a run: the axes, then the model's own."""
    evaluation = config.evaluation
    values = {
        "dataset": config.dataset,
        "source": config.source,
        "model": config.model,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "iterations": iterations,
        "latent_dim": config.latent_dim,
        "network": config.network,
        "seed": config.seed,
        "reconstruction": config.reconstruction,
        "precision": config.precision,
        "protocol": evaluation.protocol,
        "num_points": evaluation.num_points,
        **config.params,
    }
    if config.factors:
        values[layout.FACTORS] = sorted_json(config.factors.to_dict())
    if config.fused:
        values[layout.FUSED] = True
    return {key: str(value) for key, value in values.items()}


def run_name(config: TrainingConfig, iterations: int) -> str:
    """'dsprites beta_vae beta=4 b64 lr0.0001 it50000': for people; nothing reads it."""
    defaults = MODELS[config.model].defaults()
    changed = [
        f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}"
        for k, v in config.params.items()
        if k == "beta" or v != defaults[k]
    ]
    seed = [f"seed{config.seed}"] if config.seed else []
    return " ".join(
        [
            config.dataset,
            config.model,
            *changed,
            f"b{config.batch_size}",
            f"lr{config.learning_rate:g}",
            f"it{iterations}",
            *seed,
            *([f"({config.factors.label()})"] if config.factors else []),
        ]
    )


def configuration_name(config: TrainingConfig, iterations: int) -> str:
    """The name that the runs of all seeds of a configuration share, and no other run has."""
    seedless = replace(config, seed=0)
    params = run_params(seedless, iterations) | {"code": sorted_json(config.code)}
    return f"{run_name(seedless, iterations)} {id_of(params)[:6]}"


def _advice(config: TrainingConfig, milestone: Milestone | None) -> Mapping[str, str]:
    """The advice of the thesis, section 7.2, where it applies to this run."""
    if config.model != "mdl_vae_strong" or milestone is None:
        return {}
    sigmas = final_sigmas(milestone)
    if not sigmas or not needs_weak(sigmas):
        return {}
    return {
        layout.ADVICE: f"every sigma_i is below {WEAK_SIGMA}: use mdl_vae_weak "
        "(thesis, section 7.2)"
    }


def final_sigmas(milestone: Milestone) -> list[float]:
    """The learned sigma of each latent at the last recorded step; [] for other models."""
    names = milestone.trajectory_names
    columns = [1 + i for i, name in enumerate(names) if name.startswith(layout.SIGMA_PREFIX)]
    return [float(milestone.trajectory_ST[-1, column]) for column in columns]


def attach_text(writer: Writer, mlflow_run_id: str, name: str, text: str) -> None:
    """Stores text with an MLflow run, as an artifact called `name`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_text(text, encoding="utf-8")
        writer.attach(mlflow_run_id, file)
