"""Steps of one training, or of K stacked ones, as a captured CUDA graph: the runner for GPUs.

A step reads its inputs from a chunk in device memory, at a position that it increments itself, and
writes its recorded values into a buffer there. The host only replays the graph, and reads that
buffer once per block.

Shapes: S steps of a chunk, B batch, L latent, T recorded values; with K stacked trainings, K
precedes B and T."""

import logging

import numpy as np
import torch
from torch import Tensor

from trainers.running.image_table import ImageTable
from trainers.running.inputs import Chunks
from trainers.running.process import flush_denormals
from trainers.running.runner import Runner
from trainers.running.stack import StackedStep
from trainers.running.step import TrainStep

log = logging.getLogger(__name__)

_WARM_UP_STEPS = 3  # run eagerly before the capture, which needs every buffer allocated


class GraphRunner(Runner):
    """Keeps the inputs and recorded values of a chunk of steps in device memory.

    On a CUDA device the step is captured after the first few; if the capture fails (the log says
    why), and on any other device, the same step is run eagerly, with the same results.
    images: the dataset in device memory; None if chunks carry their images."""

    def __init__(
        self, stepper: TrainStep | StackedStep, chunks: Chunks, images: ImageTable | None
    ) -> None:
        self._stepper = stepper
        self._chunks = chunks
        self._images = images
        device = stepper.device
        self._number = -1
        self._buffers: dict[str, Tensor] = {}
        self._position_1 = torch.zeros(1, dtype=torch.int64, device=device)
        self._iteration = torch.zeros((), dtype=torch.int64, device=device)
        self._ring_ST = torch.zeros(
            (chunks.steps, *stepper.values_shape), dtype=torch.float64, device=device
        )
        self._graph: torch.cuda.CUDAGraph | None = None
        self._eager_left = _WARM_UP_STEPS
        self._can_capture = device.type == "cuda"
        self._stream = torch.cuda.Stream(device) if self._can_capture else None  # type: ignore[no-untyped-call]

    @property
    def is_captured(self) -> bool:
        """Whether steps are replayed from a CUDA graph."""
        return self._graph is not None

    def max_block_steps(self, iteration: int) -> int:
        """The steps left in the chunk that holds the step after `iteration`."""
        return self._chunks.steps - iteration % self._chunks.steps

    def run(self, first: int, last: int) -> np.ndarray:
        """Runs steps `first` to `last`, which must lie in one chunk. Returns (S, T) float64, of
        stacked trainings (S, K, T)."""
        if self._stream is None:
            return self._run(first, last)
        self._stream.wait_stream(torch.cuda.current_stream(self._stepper.device))
        with torch.cuda.stream(self._stream):
            return self._run(first, last)

    def close(self) -> None:
        self._graph = None
        self._chunks.close()

    def step(self) -> None:
        """One step: reads the inputs at the position, writes the recorded values. Reads nothing
        back to the host and takes nothing from it."""
        if self._images is None:
            images_BCHW = self._input("images")
        else:
            images_BCHW = self._images.gather(self._input("indices"))
        shuffle_BL = self._input("shuffle") if self._stepper.needs_shuffle else None
        values_T = self._stepper.step(
            images_BCHW, self._input("noise"), self._iteration, shuffle_BL
        )
        self._ring_ST.index_copy_(0, self._position_1, values_T[None])
        self._position_1.add_(1)
        self._iteration.add_(1)

    def _run(self, first: int, last: int) -> np.ndarray:
        number, position = divmod(first - 1, self._chunks.steps)
        assert (last - 1) // self._chunks.steps == number, "a block must lie in one chunk"
        self._load(number)
        self._position_1.fill_(position)
        self._iteration.fill_(first)
        with flush_denormals():
            for _ in range(first, last + 1):
                self._run_step()
        # Synchronises with the device, once per block.
        return self._ring_ST[position : position + last - first + 1].cpu().numpy().copy()

    def _input(self, name: str) -> Tensor:
        return self._buffers[name].index_select(0, self._position_1)[0]

    def _load(self, number: int) -> None:
        """Copies a chunk into the buffers, whose addresses are fixed in the captured graph."""
        if number == self._number:
            return
        for name, array in self._chunks.get(number).arrays().items():
            host = torch.from_numpy(array)
            if name not in self._buffers:
                self._buffers[name] = torch.empty_like(host, device=self._stepper.device)
            self._buffers[name].copy_(host)
        self._number = number

    def _run_step(self) -> None:
        if self._graph is not None:
            self._graph.replay()
        elif not self._can_capture:
            self.step()
        elif self._eager_left:
            self.step()
            self._eager_left -= 1
        else:
            self._capture()
            self._run_step()

    def _capture(self) -> None:
        """Records the step as a graph. No kernel runs, so the training's state does not change."""
        graph = torch.cuda.CUDAGraph()
        try:
            torch.cuda.synchronize(self._stepper.device)
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                self.step()
        except (RuntimeError, torch.OutOfMemoryError) as error:
            log.warning(
                "the step could not be captured as a CUDA graph, so steps run one by one: %s", error
            )
            self._can_capture = False
        else:
            self._graph = graph
