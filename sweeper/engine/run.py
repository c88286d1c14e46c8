"""All trainings of a plan as one Ray Tune run: one trial a training, actors reused."""

import json
import logging
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

log = logging.getLogger(__name__)

EventKind = Literal["progress", "finished", "diverged", "failed"]


@dataclass(frozen=True)
class Job:
    """One training to run. `config`: TrainingConfig as a dict; `store`: the sweep store's place.

    threads: of torch, on the CPU.  report_s: seconds between two reports."""

    training_id: str
    config: Mapping[str, Any]
    store: str
    cpu: float = 1.0
    gpu: float = 0.0
    threads: int = 1
    checkpoint_s: float = 60.0
    report_s: float = 2.0
    keep_weights: str | None = None
    keep_all: bool = False


@dataclass(frozen=True)
class Event:
    """News of one training. records: {iteration: record name} written since the last event."""

    training_id: str
    kind: EventKind
    iteration: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[int, str] = field(default_factory=dict)
    reason: str = ""
    host: str = ""


def run_jobs(
    jobs: Sequence[Job],
    on_event: Callable[[Event], None],
    stop: threading.Event,
    *,
    max_failures: int = 2,
    max_concurrent: int | None = None,
) -> None:
    """Runs every job in the connected Ray; returns when all are over or `stop` was set.

    Jobs start in the order given. A job whose worker dies starts again, from its newest
    checkpoint, up to `max_failures` times; then it is reported as failed and the others go on.
    When `stop` is set, running trainings save a checkpoint and end."""
    if stop.is_set():
        return
    from ray import tune

    from sweeper.engine.hooks import News, StopOn
    from sweeper.engine.trial import TrainingTrial

    assert len({(job.cpu, job.gpu) for job in jobs}) == 1, "one placement for all jobs of a run"
    resources = tune.PlacementGroupFactory([{"CPU": jobs[0].cpu, "GPU": jobs[0].gpu}])
    with tempfile.TemporaryDirectory(prefix="sweeper-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(TrainingTrial, resources),
            param_space={"job": tune.grid_search([asdict(job) for job in jobs])},
            tune_config=tune.TuneConfig(reuse_actors=True, max_concurrent_trials=max_concurrent),
            run_config=tune.RunConfig(
                name="sweep",
                storage_path=scratch,
                verbose=0,
                callbacks=[
                    News(
                        lambda result: on_event(_event(result)),
                        lambda trial: on_event(_failure(trial)),
                    )
                ],
                stop=StopOn(stop),
                failure_config=tune.FailureConfig(max_failures=max_failures),
                checkpoint_config=tune.CheckpointConfig(
                    checkpoint_frequency=0, checkpoint_at_end=False
                ),
            ),
        ).fit()


def _event(result: Mapping[str, Any]) -> Event:
    status = result["status"]
    return Event(
        training_id=result["training_id"],
        kind="progress" if status == "running" else status,
        iteration=result.get("iteration", 0),
        losses=json.loads(result.get("losses", "{}")),
        scores=json.loads(result.get("scores", "{}")),
        records={int(k): v for k, v in json.loads(result.get("records", "{}")).items()},
        reason=result["reason"],
        host=result["host"],
    )


def _failure(trial: Any) -> Event:
    return Event(trial.config["job"]["training_id"], "failed", reason=_reason(trial))


def _reason(trial: Any) -> str:
    """The last line of what a failed trial raised."""
    try:
        with open(trial.error_file, encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip()]
    except (OSError, TypeError):
        return "the worker died"
    return lines[-1] if lines else "the worker died"
