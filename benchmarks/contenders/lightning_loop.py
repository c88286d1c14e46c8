"""The same step as a LightningModule, in Lightning's own loop."""

import logging
from collections.abc import Callable
from typing import Any

import torch
from lightning import LightningModule, Trainer
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.contenders.plain_loop import loss_terms, plain_model

STEPS = 12  # of a turn: the first is not counted


class LossModule(LightningModule):
    def __init__(self, network: str, clock: Callable[[], float]) -> None:
        super().__init__()
        self.network, self._adam, self.sigmas_2 = plain_model(network, 1e-4, fused=True)
        self._clock = clock
        self.times: list[float] = []

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        recon, kl, loss = loss_terms(self.network, self.sigmas_2, batch[0])
        self.log_dict({"recon": recon, "kl": kl, "loss": loss})
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        self.times.append(self._clock())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self._adam


def lightning_seconds(
    network: str, batch_size: int, clock: Callable[[], float]
) -> Callable[[], float]:
    """The seconds of a step, from the ends of a turn's steps."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    module = LossModule(network, clock)
    images_NCHW = torch.zeros(STEPS * batch_size, 1, 64, 64, dtype=torch.uint8)
    loader = DataLoader(TensorDataset(images_NCHW), batch_size)

    def seconds() -> float:
        module.times.clear()
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
        trainer = Trainer(accelerator="cpu", max_epochs=1, enable_checkpointing=False, **quiet)
        trainer.fit(module, loader)
        return (module.times[-1] - module.times[0]) / (len(module.times) - 1)

    return seconds
