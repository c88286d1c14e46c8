"""Scores that a grid asks for and that finished runs lack: computed from stored latents.

A score by an older revision of a measure does not count: the run is scored by the current one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sweeper.planning.plan import FINISHED, Plan
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import Writer
from trainers.config import TrainingConfig
from trainers.errors import MeasureError


@dataclass(frozen=True)
class MissingMeasures:
    """A finished run and what it lacks: measures, the number of active latents."""

    run_id: str
    iterations: int
    config: TrainingConfig
    measures: tuple[str, ...]
    active_latents: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What it lacks, for messages."""
        return self.measures + (("active latents",) if self.active_latents else ())


def runs_missing_measures(
    plan: Plan, scored: Mapping[str, frozenset[str]]
) -> Iterator[MissingMeasures]:
    """Each finished run of the plan that lacks a score. `scored`: {run id: stored names of the
    measures it has}."""
    for training in plan.trainings:
        asked = training.config.measures or ()
        for iterations, run_id in zip(training.config.milestones, training.run_ids, strict=True):
            if plan.statuses.get(run_id) != FINISHED:
                continue
            found = scored.get(run_id, ())
            missing = tuple(name for name in asked if layout.stored_name(name) not in found)
            active = layout.LATENT_ACTIVE not in found
            if missing or active:
                yield MissingMeasures(run_id, iterations, training.config, missing, active)


def rescore(writer: Writer, mlflow_run_id: str, missing: MissingMeasures) -> None:
    """Adds the scores to the run in MLflow, the same bits as if they had been asked for at once.

    Latents that cannot be scored by a measure are left without it, once; the tag `sweeper.advice`
    says why."""
    from trainers.scoring.latents import ACTIVE, active_latents, measure_scores

    latents = writer.read_latents(mlflow_run_id)
    if missing.active_latents:
        active = {ACTIVE: float(active_latents(latents.mu_NL))}
        writer.add_scores(mlflow_run_id, active, missing.iterations)
    if not missing.measures:
        return
    try:
        scores = measure_scores(
            latents.mu_NL,
            latents.factors_NK,
            missing.measures,
            missing.config.evaluation,
            seed=missing.config.seed,
            iteration=missing.iterations,
        )
    except MeasureError as error:
        writer.set_tags(mlflow_run_id, {layout.ADVICE: f"not scored: {error}"})
        scores = {}
    undefined = [name for name in map(layout.stored_name, missing.measures)
                 if layout.MEASURE_PREFIX + name not in scores]  # fmt: skip
    writer.add_scores(mlflow_run_id, scores, missing.iterations, undefined)
