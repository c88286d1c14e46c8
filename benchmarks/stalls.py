"""Where a training's time goes: steps, inputs, scoring, checkpoints.

    python -m benchmarks.stalls [--quick]

Each part is timed by itself on one thread, in the processor's time, and set against the steps
between two of its occurrences: an input comes with each step, a checkpoint once a minute, a
milestone (10,000 images, the thesis's measures) every 50,000 steps. A checkpoint's write happens
on a thread of its own; only the copy of the state holds up the step."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.support.measuring import table
from benchmarks.support.subject import l_vae
from trainers.datasets import open_dataset
from trainers.running.inputs import Inputs
from trainers.running.step import TrainStep
from trainers.saving.checkpoints import write_checkpoint
from trainers.saving.folders import LocalFolder
from trainers.scoring.milestone import evaluate
from trainers.specs.measures import DEFAULT_MEASURES

CHECKPOINT_EVERY_S = 60.0
MILESTONE_EVERY = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="score 1,000 images")
    torch.set_num_threads(1)
    print(page(1000 if parser.parse_args().quick else 10_000))


def page(num_points: int = 10_000, networks: tuple[str, ...] = ("mlp", "cnn")) -> str:
    head = ("network", "step, ms", "inputs, % of steps", "copy for a checkpoint, %")
    head += ("its write, on a thread, %", "scoring at milestones, %")
    return table(head, [row(network, num_points) for network in networks])


def row(network: str, num_points: int) -> list[str]:
    config = l_vae(network, measures=DEFAULT_MEASURES, milestones=(MILESTONE_EVERY,))
    dataset = open_dataset("dsprites")
    inputs = Inputs(config, dataset, np.arange(len(dataset)), shuffle=False)
    stepper = TrainStep(config, dataset.spec.image_CHW, dataset.scale, torch.device("cpu"))

    def draw(t: int = 7) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        images_BCHW = torch.from_numpy(dataset.images(inputs.indices(t)))
        return images_BCHW, torch.from_numpy(inputs.noise(t)), torch.tensor(t)

    batch = draw()
    step_s = seconds(lambda: stepper.step(*batch), 10)
    inputs_s = seconds(draw, 50)
    state = stepper.state()
    copy_s = seconds(stepper.state, 3)
    with tempfile.TemporaryDirectory() as name:
        write_s = seconds(lambda: write_checkpoint(LocalFolder(Path(name)), 1, state), 2)
    points_N = np.arange(0, len(dataset), len(dataset) // num_points)[:num_points]
    score_s = seconds(lambda: evaluate(stepper, dataset, points_N, config, 1, part="valid"), 1)
    return [
        network,
        f"{1e3 * step_s:.1f}",
        f"{100 * inputs_s / step_s:.2f}",
        f"{100 * copy_s / CHECKPOINT_EVERY_S:.2f}",
        f"{100 * write_s / CHECKPOINT_EVERY_S:.2f}",
        f"{100 * score_s / (MILESTONE_EVERY * step_s):.2f}",
    ]


def seconds(action: Callable[[], object], repeats: int) -> float:
    """The least processor time of an action, once it is warm."""
    taken = []
    for _ in range(repeats + 1):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken[1:])


if __name__ == "__main__":
    main()
