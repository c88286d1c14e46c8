"""What a training needs while milestones are left: dataset, network, inputs, runner."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch

from trainers.config import TrainingConfig
from trainers.datasets import open_dataset
from trainers.datasets.access.dataset import Dataset
from trainers.running.eager import EagerRunner
from trainers.running.graph import GraphRunner
from trainers.running.image_table import image_table
from trainers.running.inputs import Chunks, Inputs, StackedInputs
from trainers.running.process import keep_freed_memory
from trainers.running.runner import Runner
from trainers.running.stack import StackedStep
from trainers.running.step import TrainStep
from trainers.splits import Split, split

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """Of one training."""

    dataset: Dataset
    split: Split
    stepper: TrainStep
    inputs: Inputs


def open_parts(
    config: TrainingConfig, device: torch.device, dataset: Dataset | None = None
) -> Parts:
    """The parts of a training before its first step. dataset: used in place of the
    configuration's. Raises ConfigError, DataError."""
    keep_freed_memory()
    dataset = dataset or open_dataset(
        config.dataset,
        source=None if config.path else config.source,
        data_dir=Path(config.data_dir) if config.data_dir else None,
        path=Path(config.path) if config.path else None,
    )
    if config.precision == "tf32" and device.type != "cuda":
        log.warning("precision tf32 has no effect on %s; it is float32", device)
    evaluation = config.evaluation
    data_split = split(
        len(dataset),
        seed=evaluation.split_seed,
        validation_fraction=evaluation.validation_fraction,
        test_fraction=evaluation.test_fraction,
    )
    stepper = TrainStep(config, dataset.spec.image_CHW, dataset.scale, device)
    inputs = Inputs(config, dataset, data_split.train, shuffle=stepper.needs_shuffle)
    return Parts(dataset, data_split, stepper, inputs)


def open_runner(parts: Parts, on_device: bool) -> Runner:
    """The runner of one training's steps. on_device: whether inputs and recorded values stay on
    the device for a few hundred steps."""
    if not on_device:
        return EagerRunner(parts.stepper, parts.inputs)
    return graph_runner(parts.dataset, parts.stepper, parts.inputs)


def graph_runner(
    dataset: Dataset, stepper: TrainStep | StackedStep, inputs: Inputs | StackedInputs
) -> GraphRunner:
    """The runner of steps whose inputs and recorded values stay on the device."""
    images = image_table(dataset, stepper.device)
    return GraphRunner(stepper, Chunks(inputs, with_images=images is None), images)
