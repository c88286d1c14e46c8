"""In which order trainings start: a simulated cluster of 100 nodes, 12,600 runs, empty trainings.

    python -m benchmarks.scheduling [--quick]

Nothing is trained: a training is a number of seconds, and each of the cluster's workers takes the
next one as soon as it is free. Seconds are steps times the rough estimate of a step on a GPU,
times a lognormal factor of 10% for the machine, which the scheduler cannot use. `grid order` is the
order of Ray Tune: first written, first started. `longest first` is that of `sweeper launch`, by the
estimate without that factor. The bound is the work divided by the workers, or the longest
training: no order can end before it. Idle is the share of all worker hours, until the last training
ends, in which a worker had none."""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.support.measuring import table
from sweeper.cost.estimate import rough_step_s
from sweeper.cost.makespan import makespan
from sweeper.engine.attempts import Attempts
from sweeper.grid import Grid
from sweeper.launching.jobs import jobs_of
from sweeper.planning.plan import Plan, Training, make_plan
from sweeper.planning.settings import default_settings

NODES = 100


@dataclass(frozen=True)
class Sweep:
    """A plan and how long each of its trainings takes, by id."""

    name: str
    plan: Plan
    seconds: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one kind of cluster")
    options = parser.parse_args()
    print(page(workers_per_node=(1,) if options.quick else (1, 4)))


def page(workers_per_node: Sequence[int] = (1, 4)) -> str:
    """The table, in Markdown."""
    head = ("sweep", "workers", "order", "makespan, h", "of the bound", "idle, %")
    rows = []
    for sweep in sweeps():
        for each in workers_per_node:
            rows += [row(sweep, NODES * each, order) for order in ("grid order", "longest first")]
    return table(head, rows)


def row(sweep: Sweep, workers: int, order: str) -> list[str]:
    trainings = list(sweep.plan.trainings)
    if order == "longest first":
        trainings = given(sweep.plan)
    seconds = [sweep.seconds[training.training_id] for training in trainings]
    end = makespan(seconds, workers)
    bound = max(sum(seconds) / workers, max(seconds))
    idle = 100 * (1 - sum(seconds) / (workers * end))
    return [
        sweep.name,
        f"{workers}",
        order,
        f"{end / 3600:,.1f}",
        f"{end / bound:.3f}",
        f"{idle:.1f}",
    ]


def given(plan: Plan) -> list[Training]:
    """The trainings in the order in which the engine hands them out."""
    grid = Grid(datasets="dsprites", models="vae", axes={"iterations": 1}, resources={"gpu": 1})
    jobs = jobs_of(grid, plan.trainings, default_settings(), 1.0)
    attempts = Attempts(jobs, max_failures=0)
    by_id = {training.training_id: training for training in plan.trainings}
    order = []
    while (found := attempts.next(["node"])) is not None:
        order.append(by_id[found[0].training_id])
        attempts.ended(found[0].training_id)
    return order


def sweeps() -> list[Sweep]:
    """12,600 runs three times: alone, as shared trainings, and as a study of equal trainings."""
    axes = {
        "batch_size": [64, 128, 256],
        "learning_rate": [1e-3, 3e-4, 1e-4, 3e-5, 1e-5],
        "iterations": [50_000, 100_000, 150_000, 200_000, 250_000, 300_000],
    }
    blocks = {
        "datasets": ["dsprites", "mpi3d", "falcor3d", "isaac3d"],
        "models": ["vae", {"beta_vae": {"beta": [2, 4, 8]}}, "l_vae", "sigma_vae", "dynamic_vae"],
        "axes": axes,
        "seeds": [0, 1, 2, 3, 4],
        "evaluation": {"measures": ["cbd"]},
    }
    equal = {**blocks, "axes": {**axes, "iterations": 300_000}, "seeds": list(range(30))}
    return [
        timed("each run alone", make_plan(Grid(**blocks, sharing=False))),
        timed("shared trainings", make_plan(Grid(**blocks))),
        timed("one milestone, 30 seeds", make_plan(Grid(**equal))),
    ]


def timed(name: str, plan: Plan) -> Sweep:
    chance = random.Random(0)
    seconds = {
        training.training_id: training.steps_to_run
        * rough_step_s(training.config, "gpu")
        * chance.lognormvariate(0.0, 0.1)
        for training in plan.trainings
    }
    title = f"{name}: {plan.runs:,} runs, {len(plan.trainings):,} trainings"
    return Sweep(title, plan, seconds)


if __name__ == "__main__":
    main()
