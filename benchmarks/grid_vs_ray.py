"""The thesis's 36-run grid, scaled down: `sweeper launch` against the same sweep by hand, twice.

    python -m benchmarks.grid_vs_ray [--quick] [--times 5] [--contenders plain_pool]

All run as separate commands in empty folders, one after the other, timed from start to exit with
the start of Ray: batch sizes 64, 128, 256 x learning rates 1e-4, 1e-5 x six numbers of iterations,
L-VAE with the MLP on dSprites, two workers of one thread. The first by hand is Ray Tune with a
function, a DataLoader and MLflow's callback (contenders/plain_ray.py); the second what an
experienced engineer writes without Ray (contenders/plain_pool.py). By hand every run starts from
its first step; with sweeper the six numbers of iterations are milestones of one training, and
every run also leaves latents, a trajectory and a heat map in MLflow, and each training a
checkpoint. --times lengthens every run: the fixed part of a command then weighs less."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.plain_pool import WORKERS
from benchmarks.contenders.plain_ray import BATCH_SIZES, LEARNING_RATES
from benchmarks.support.measuring import Spread, command, load, ratios, sweeper, table

ITERATIONS = (8, 16, 24, 32, 40, 48)
QUICK_ITERATIONS = (4, 8, 12, 16, 20, 24)
CONTENDERS = {"plain_ray": "by hand, Ray Tune", "plain_pool": "by hand, processes"}

GRID = """\
datasets: dsprites
models: [l_vae]
axes:
  batch_size: {batch_sizes}
  learning_rate: {learning_rates}
  iterations: {iterations}
evaluation: {{measures: [cbd], num_points: 2000}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="half of the steps")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--times", type=int, default=1, help="longer runs by this factor")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    shortest = QUICK_ITERATIONS if options.quick else ITERATIONS
    iterations = tuple(options.times * value for value in shortest)
    print(page(iterations, options.rounds, options.contenders))


def page(
    iterations: tuple[int, ...] = ITERATIONS,
    rounds: int = 1,
    contenders: Sequence[str] = tuple(CONTENDERS),
) -> str:
    ours, inside, loads = [], [], []
    theirs: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        loads.append(load())
        seconds, steps_s = launch(grid_text(iterations))
        ours.append(seconds)
        inside.append(steps_s / WORKERS / seconds)
        for name, taken in theirs.items():
            loads.append(load())
            taken.append(by_hand(name, iterations))
    settings = len(BATCH_SIZES) * len(LEARNING_RATES)
    head = ("", "steps", "seconds", "over sweeper")
    rows = [("sweeper", f"{settings * max(iterations):,}", Spread.of(ours).text(1), "")]
    rows += [
        (CONTENDERS[name], f"{settings * sum(iterations):,}", Spread.of(theirs[name]).text(1), over)
        for name in contenders
        for over in [f"**{ratios(theirs[name], ours).text()}**"]
    ]
    loads.append(load())
    steps = sum(iterations) / max(iterations)
    share = Spread.of(100 * x for x in inside).text(0)
    return table(head, rows) + (
        f"\nThe steps saved alone are {steps:.1f}. Of sweeper's time {share} % were training steps "
        "in both workers; the rest is Ray's start, imports, evaluation, checkpoints, and workers "
        f"that wait for the last training. {rounds} round(s), sweeper first; load before each "
        f"command and at the end: {', '.join(f'{value:.1f}' for value in loads)}.\n"
    )


def grid_text(iterations: tuple[int, ...]) -> str:
    return GRID.format(
        batch_sizes=list(BATCH_SIZES),
        learning_rates=list(LEARNING_RATES),
        iterations=list(iterations),
    )


def launch(text: str) -> tuple[float, float]:
    """(seconds of the command, seconds inside training steps summed over trainings)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "grid.yaml").write_text(text, encoding="utf-8")
        seconds, _, _ = command(sweeper("launch", "grid.yaml"), folder)
        return seconds, training_s(folder / "sweep_store")


def training_s(store: Path) -> float:
    """Seconds inside training steps, as the last record of each training tells."""
    from trainers.saving.folders import LocalFolder
    from trainers.saving.records import find_records, read_milestone

    total = 0.0
    for place in sorted((store / "trainings").iterdir()):
        folder = LocalFolder(place)
        last = list(find_records(folder).milestones.values())[-1]
        total += float(read_milestone(folder, last).about["train_s"])
    return total


def by_hand(contender: str, iterations: tuple[int, ...]) -> float:
    with tempfile.TemporaryDirectory() as name:
        module = f"benchmarks.contenders.{contender}"
        return command([module, *map(str, iterations)], Path(name))[0]


if __name__ == "__main__":
    main()
