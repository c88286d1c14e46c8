"""Steps of one training as a captured CUDA graph: the way on a GPU.

A step reads its inputs from a chunk that lies on the device, at a position that it moves on
itself, and writes what it records into a ring there. The host only says "again", and looks at the
ring once a block.

Shapes: S steps of a chunk, B batch, L latent, T recorded values."""

import logging
import threading

import numpy as np
import torch
from torch import Tensor

from trainers.running.image_table import ImageTable
from trainers.running.inputs import Chunks
from trainers.running.process import flush_denormals
from trainers.running.runner import Runner
from trainers.running.step import TrainStep

log = logging.getLogger(__name__)

_WARM_UP_STEPS = 3  # run eagerly before the capture, which must find every buffer in being
_capture_lock = threading.Lock()  # the backward passes of all lanes share one thread of autograd


class GraphRunner(Runner):
    """Runs blocks of steps on a device, on a stream of its own, so that several share a GPU.

    On a CUDA device the step is captured after a few real ones; where the capture fails (the log
    says why), and on any other device, the same step is run eagerly, with the same results.
    images: the dataset on the device; None when chunks carry their images."""

    def __init__(self, stepper: TrainStep, chunks: Chunks, images: ImageTable | None) -> None:
        self._stepper = stepper
        self._chunks = chunks
        self._images = images
        device = stepper.device
        self._number = -1
        self._buffers: dict[str, Tensor] = {}
        self._position_1 = torch.zeros(1, dtype=torch.int64, device=device)
        self._iteration = torch.zeros((), dtype=torch.int64, device=device)
        self._ring_ST = torch.zeros(
            (chunks.steps, len(stepper.names)), dtype=torch.float64, device=device
        )
        self._graph: torch.cuda.CUDAGraph | None = None
        self._eager_left = _WARM_UP_STEPS
        self._can_capture = device.type == "cuda"
        self._stream = torch.cuda.Stream(device) if self._can_capture else None

    def max_block_steps(self, iteration: int) -> int:
        """How many steps the block after `iteration` may have: those left of its chunk."""
        return self._chunks.steps - iteration % self._chunks.steps

    def run(self, first: int, last: int) -> np.ndarray:
        """Runs steps `first` to `last`, of one chunk. Returns what they recorded, (S, T)."""
        if self._stream is None:
            return self._run(first, last)
        self._stream.wait_stream(torch.cuda.current_stream(self._stepper.device))
        with torch.cuda.stream(self._stream):
            return self._run(first, last)

    def close(self) -> None:
        self._graph = None
        self._chunks.close()

    def step(self) -> None:
        """One step, from the inputs at the position to the ring; no host read, no host input."""
        noise_BL = self._input("noise")
        images_BCHW = self._input("images")
        if images_BCHW is None:
            assert self._images is not None
            images_BCHW = self._images.gather(self._input("indices"))
        values_T = self._stepper.step(
            images_BCHW, noise_BL, self._iteration, self._input("shuffle")
        )
        self._ring_ST.index_copy_(0, self._position_1, values_T[None])
        self._position_1.add_(1)
        self._iteration.add_(1)

    def _run(self, first: int, last: int) -> np.ndarray:
        number, position = divmod(first - 1, self._chunks.steps)
        assert (last - 1) // self._chunks.steps == number, "a block lies within one chunk"
        self._load(number)
        self._position_1.fill_(position)
        self._iteration.fill_(first)
        with flush_denormals():
            for _ in range(first, last + 1):
                self._run_step()
        # Waits for the device, once a block.
        return self._ring_ST[position : position + last - first + 1].cpu().numpy().copy()

    def _input(self, name: str) -> Tensor | None:
        buffer = self._buffers.get(name)
        return None if buffer is None else buffer.index_select(0, self._position_1)[0]

    def _load(self, number: int) -> None:
        """Puts a chunk into the buffers, whose addresses the graph has taken over for good."""
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
            with _capture_lock:
                self.step()
            self._eager_left -= 1
        else:
            self._capture()
            self._run_step()

    def _capture(self) -> None:
        """A capture runs nothing: the training stands where it stood, captured or not."""
        graph = torch.cuda.CUDAGraph()
        try:
            with _capture_lock:
                torch.cuda.synchronize(self._stepper.device)
                with torch.cuda.graph(
                    graph, stream=self._stream, capture_error_mode="thread_local"
                ):
                    self.step()
        except (RuntimeError, torch.OutOfMemoryError) as error:
            log.warning("no CUDA graph, going on step by step: %s", error)
            self._can_capture = False
        else:
            self._graph = graph
