"""All trainings of a plan as one Ray Tune run: one trial per attempt, actors reused."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sweeper.engine.attempts import Attempts
from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.engine.on_ray.head_watch import run_while_head_is_up
from sweeper.engine.on_ray.nodes import Nodes
from sweeper.engine.on_ray.session import started_here

# Trials kept pending in Ray beyond its capacity, so that a free worker need not wait for one, and
# an autoscaler sees that more are wanted.
_MAX_PENDING_LOCAL, _MAX_PENDING_CLUSTER = 1, 16
_MAX_STARTING = 16  # workers that start at a time

OnEvent = Callable[[TrainingEvent], None]
ShouldStop = Callable[[TrainingEvent], bool]


@dataclass
class _TuneRun:
    """What one Tune run needs."""

    attempts: Attempts
    nodes: Nodes
    on_event: OnEvent
    stop: threading.Event
    max_concurrent: int | None
    should_stop: ShouldStop


def run_jobs(
    jobs: Iterable[Job],
    on_event: OnEvent,
    stop: threading.Event,
    *,
    max_failures: int = 2,
    max_concurrent: int | None = None,
    should_stop: ShouldStop = lambda event: False,
) -> None:
    """Runs every job in the connected Ray: see `engine.Engine.run`. All jobs need the same
    resources; `attempts` says which failures count."""
    given = iter(jobs)
    first = None if stop.is_set() else next(given, None)
    if first is None:
        return
    in_cluster = not started_here()
    max_pending = _MAX_PENDING_CLUSTER if in_cluster else _MAX_PENDING_LOCAL
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(_MAX_STARTING)
    attempts = Attempts(chain([first], given), max_failures)
    nodes = Nodes(first.cpu, first.gpu, max_pending, in_cluster=in_cluster)
    run = _TuneRun(attempts, nodes, on_event, stop, max_concurrent, should_stop)
    if not in_cluster:
        _tune(run)
        return

    def tune(abandoned: threading.Event) -> None:
        def report(event: TrainingEvent) -> None:
            if not abandoned.is_set():
                on_event(event)

        run.on_event = report
        _tune(run)

    run_while_head_is_up(tune)


def _tune(run: _TuneRun) -> None:
    from ray import tune

    from sweeper.engine.on_ray.trial import TrainingTrial
    from sweeper.engine.on_ray.tune_hooks import (
        EventCallback,
        JobSearcher,
        StopOnEvent,
        StopScheduler,
    )

    with tempfile.TemporaryDirectory(prefix="sweeper-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(TrainingTrial, _placement),
            tune_config=tune.TuneConfig(
                search_alg=JobSearcher(run.attempts, run.nodes, run.stop, run.max_concurrent),
                scheduler=StopScheduler(run.attempts, run.nodes, run.should_stop),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="sweep",
                storage_path=scratch,
                verbose=0,
                callbacks=[EventCallback(run.attempts, run.nodes, run.on_event)],
                stop=StopOnEvent(run.stop),
                failure_config=tune.FailureConfig(max_failures=0),
                checkpoint_config=tune.CheckpointConfig(
                    checkpoint_frequency=0, checkpoint_at_end=False
                ),
            ),
        ).fit()


def _placement(config: Mapping[str, Any]) -> Any:
    """Where an attempt may run: one bundle, on none of the excluded nodes."""
    from ray import tune

    job, excluded = config["job"], config["excluded"]
    bundle = {"CPU": job["cpu"], "GPU": job["gpu"]}
    if not excluded:
        return tune.PlacementGroupFactory([bundle])
    selector = {"ray.io/node-id": f"!in({','.join(excluded)})"}
    return tune.PlacementGroupFactory([bundle], bundle_label_selector=[selector])
