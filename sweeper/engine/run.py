"""All trainings of a plan as one Ray Tune run: one trial an attempt, actors reused."""

import os
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sweeper.engine.attempts import Attempts
from sweeper.engine.jobs import Event, Job

__all__ = ["Event", "Job", "run_jobs"]

_AHEAD_LOCAL, _AHEAD_CLUSTER = 1, 16  # trainings that wait at Ray's door beyond what has room


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
    checkpoint, up to `max_failures` times in a row; then it is reported as failed and the others
    go on (`attempts` tells what counts). When `stop` is set, running trainings save a checkpoint
    and end."""
    if not jobs:
        return
    from ray import tune

    from sweeper.engine.hooks import News, Placement, StopOn, Supply
    from sweeper.engine.nodes import Nodes
    from sweeper.engine.trial import TrainingTrial

    (cpu, gpu), *others = {(job.cpu, job.gpu) for job in jobs}
    assert not others, "one placement for all jobs of a run"
    ahead = _AHEAD_LOCAL if _is_own() else _AHEAD_CLUSTER
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(ahead)
    attempts, nodes = Attempts(jobs, max_failures), Nodes(cpu, gpu, ahead)
    with tempfile.TemporaryDirectory(prefix="sweeper-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(TrainingTrial, _placement),
            tune_config=tune.TuneConfig(
                search_alg=Supply(attempts, nodes, stop, max_concurrent),
                scheduler=Placement(nodes),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="sweep",
                storage_path=scratch,
                verbose=0,
                callbacks=[News(attempts, nodes, on_event)],
                stop=StopOn(stop),
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
    from sweeper.engine.cluster import started_here

    return started_here()
