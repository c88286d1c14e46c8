"""All trainings of a plan as one Ray Tune run: one trial an attempt, actors reused."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from sweeper.engine.attempts import Attempts
from sweeper.engine.head_watch import run_while_head_is_up
from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.engine.nodes import Nodes

__all__ = ["TrainingEvent", "Job", "run_jobs"]

_MAX_PENDING_LOCAL, _MAX_PENDING_CLUSTER = (
    1,
    16,
)  # trainings that wait at Ray's door beyond what has room


def run_jobs(
    jobs: Iterable[Job],
    on_event: Callable[[TrainingEvent], None],
    stop: threading.Event,
    *,
    max_failures: int = 2,
    max_concurrent: int | None = None,
    should_stop: Callable[[TrainingEvent], bool] = lambda event: False,
) -> None:
    """Runs every job in the connected Ray; returns when all are over or `stop` was set.

    Jobs start in the order given, and each is asked for when there is room for it; all of them
    need the same resources. A job whose worker dies starts again, from its newest checkpoint, up to
    `max_failures` times in a row; then it is reported as failed and the others go on (`attempts`
    tells what counts). When `stop` is set, running trainings save a checkpoint and end.

    judge: told of each result of a training that could go on, before `on_event` is; True ends it
    there, with a checkpoint."""
    given = iter(jobs)
    first = None if stop.is_set() else next(given, None)
    if first is None:
        return
    own = _is_own()
    ahead = _MAX_PENDING_LOCAL if own else _MAX_PENDING_CLUSTER
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(ahead)
    attempts = Attempts(chain([first], given), max_failures)
    nodes = Nodes(first.cpu, first.gpu, ahead, in_cluster=not own)
    if own:
        _tune(attempts, nodes, on_event, stop, max_concurrent, should_stop)
        return

    def tune(abandoned: threading.Event) -> None:
        def tell(event: TrainingEvent) -> None:
            if not abandoned.is_set():
                on_event(event)

        _tune(attempts, nodes, tell, stop, max_concurrent, should_stop)

    run_while_head_is_up(tune)


def _tune(
    attempts: Attempts,
    nodes: Nodes,
    on_event: Callable[[TrainingEvent], None],
    stop: threading.Event,
    max_concurrent: int | None,
    should_stop: Callable[[TrainingEvent], bool],
) -> None:
    from ray import tune

    from sweeper.engine.trial import TrainingTrial
    from sweeper.engine.tune_hooks import EventCallback, JobSearcher, StopOnEvent, StopScheduler

    with tempfile.TemporaryDirectory(prefix="sweeper-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(TrainingTrial, _placement),
            tune_config=tune.TuneConfig(
                search_alg=JobSearcher(attempts, nodes, stop, max_concurrent),
                scheduler=StopScheduler(nodes, should_stop),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="sweep",
                storage_path=scratch,
                verbose=0,
                callbacks=[EventCallback(attempts, nodes, on_event)],
                stop=StopOnEvent(stop),
                failure_config=tune.FailureConfig(max_failures=0),
                checkpoint_config=tune.CheckpointConfig(
                    checkpoint_frequency=0, checkpoint_at_end=False
                ),
            ),
        ).fit()


def _placement(config: Mapping[str, Any]) -> Any:
    """Where an attempt may run: one bundle, on none of the nodes it is kept off."""
    from ray import tune

    job, avoid = config["job"], config["avoid"]
    bundle = {"CPU": job["cpu"], "GPU": job["gpu"]}
    if not avoid:
        return tune.PlacementGroupFactory([bundle])
    selector = {"ray.io/node-id": f"!in({','.join(avoid)})"}
    return tune.PlacementGroupFactory([bundle], bundle_label_selector=[selector])


def _is_own() -> bool:
    from sweeper.engine.session import started_here

    return started_here()
