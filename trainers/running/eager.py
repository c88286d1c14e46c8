"""Steps run one at a time by Python: the runner for CPUs."""

import numpy as np
import torch

from trainers.running.inputs import Inputs
from trainers.running.process import flush_denormals
from trainers.running.runner import Runner
from trainers.running.step import TrainStep

BLOCK_STEPS = 10


class EagerRunner(Runner):
    """Copies the inputs of each step to the device and runs it."""

    def __init__(self, stepper: TrainStep, inputs: Inputs) -> None:
        self._stepper = stepper
        self._inputs = inputs

    def max_block_steps(self, iteration: int) -> int:
        return BLOCK_STEPS

    def run(self, first: int, last: int) -> np.ndarray:
        with flush_denormals():
            rows = [self._step(t) for t in range(first, last + 1)]
        return torch.stack(rows).cpu().numpy()

    def _step(self, t: int) -> torch.Tensor:
        device, inputs = self._stepper.device, self._inputs
        shuffle_BL = inputs.shuffle(t)
        return self._stepper.step(
            torch.from_numpy(inputs.dataset.images(inputs.indices(t))).to(device),
            torch.from_numpy(inputs.noise(t)).to(device),
            torch.tensor(t, device=device),
            None if shuffle_BL is None else torch.from_numpy(shuffle_BL).to(device),
        )
