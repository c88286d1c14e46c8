"""One training step: against the loop a user writes by hand, and against the machine's limit.

    python -m benchmarks.step [--quick]

The limit is the step's floating point operations at the rate of a square matrix product, plus 28
bytes of memory traffic a parameter for Adam, both measured in the same turns as the steps. `its
layers alone` are the linear and convolutional layers one by one, forward and backward, as PyTorch's
kernels do them at these shapes, plus the same memory for Adam: no other loop around them is faster.
Every contender runs in its own process, with its own settings of threads and memory; they run in
turns of a few steps. `sweeper` includes drawing the minibatch and the noise, `by hand` is
given its minibatch; the losses of a step by hand are read back each time, as such loops do. With
one thread times are the processor's, which other work on the machine does not lengthen (it still
takes caches and memory bandwidth away); with two they are the clock's."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.support.measuring import PYTHON, ROOT, Spread, ratios, table

CONTENDERS = ("by hand", "by hand, fused", "sweeper", "sweeper, bf16", "limit", "layers")
CASES = [(network, batch) for network in ("mlp", "cnn") for batch in (64, 256)]
STEPS = 4  # a turn; also the steps that a training takes between two looks at its losses


class Contender:
    """A process that runs a few steps whenever it is asked to."""

    def __init__(self, name: str, network: str, batch_size: int, threads: int) -> None:
        self._process = subprocess.Popen(
            [PYTHON, "-m", "benchmarks.step", "--be", name, network, str(batch_size), str(threads)],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self) -> float:
        """What its next turn gives."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("a contender died")
        return float(answer)

    def close(self) -> None:
        self._process.communicate()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--be", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.be:
        name, network, batch_size, threads = options.be
        serve(contender(name, network, int(batch_size), int(threads)))
    else:
        print(page(rounds=2 if options.quick else 3))


def page(rounds: int = 3, cases: list[tuple[str, int]] = CASES, threads: int = 0) -> str:
    """The table, in Markdown. threads: 0 for one and two."""
    head = ("network", "batch", "threads", "sweeper, ms", "limit, ms", "sweeper / limit")
    head += ("sweeper / its layers alone",)
    head += ("by hand / sweeper", "by hand with fused Adam / sweeper", "fp32 / bf16")
    rows = []
    for count in (threads,) if threads else (1, 2):
        rows += [row(network, batch, count, rounds) for network, batch in cases]
    return table(head, rows)


def row(network: str, batch_size: int, threads: int, rounds: int) -> list[str]:
    running = {name: Contender(name, network, batch_size, threads) for name in CONTENDERS}
    try:
        for one in running.values():
            one.seconds()
        taken: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(rounds):
            for name, one in running.items():
                taken[name].append(one.seconds())
    finally:
        for one in running.values():
            one.close()
    ours, limit = taken["sweeper"], taken["limit"]
    return [
        network,
        str(batch_size),
        str(threads),
        Spread.of(1e3 * value for value in ours).text(1),
        Spread.of(1e3 * value for value in limit).text(1),
        ratios(ours, limit).text(),
        ratios(ours, taken["layers"]).text(),
        ratios(taken["by hand"], ours).text(),
        ratios(taken["by hand, fused"], ours).text(),
        ratios(ours, taken["sweeper, bf16"]).text(),
    ]


def contender(name: str, network: str, batch_size: int, threads: int) -> Callable[[], float]:
    """What is done at each turn; returns the seconds of a step."""
    import torch

    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    if name in ("limit", "layers"):
        return limit(network, batch_size, clock, layers=name == "layers")
    if name.startswith("by hand"):
        return timed(by_hand(network, batch_size, fused="fused" in name), clock)
    return timed(ours(network, batch_size, "bf16" if "bf16" in name else "fp32"), clock)


def limit(
    network: str, batch_size: int, clock: Callable[[], float], *, layers: bool
) -> Callable[[], float]:
    from benchmarks.support import limits
    from trainers.networks import build_network
    from trainers.running.process import keep_freed_memory

    built = build_network(network, (1, 64, 64), 5, 0)
    parameters = sum(weight.numel() for weight in built.parameters())
    if layers:
        keep_freed_memory()
        alone = limits.layers_s(network, batch_size, clock)
        return lambda: alone() + limits.adam_s(parameters, clock)
    flops = limits.step_flops(network, batch_size)
    return lambda: limits.products_s(flops, clock) + limits.adam_s(parameters, clock)


def by_hand(network: str, batch_size: int, *, fused: bool) -> Callable[[], object]:
    import numpy as np
    import torch

    from benchmarks.contenders.plain_loop import plain_model, plain_step
    from trainers.datasets import open_dataset

    dataset = open_dataset("dsprites")
    indices_B = np.random.default_rng(0).integers(0, len(dataset), batch_size)
    images_BCHW = torch.from_numpy(dataset.images(indices_B))
    step = plain_step(*plain_model(network, 1e-4, fused=fused))
    return lambda: [step(images_BCHW) for _ in range(STEPS)]


def ours(network: str, batch_size: int, precision: str) -> Callable[[], object]:
    """A block of a training, minibatches, noise and records included."""
    import tempfile

    from benchmarks.support.subject import l_vae
    from trainers.running import eager
    from trainers.saving.folders import LocalFolder
    from trainers.training import Training

    config = l_vae(network, batch_size, precision=precision)
    eager.BLOCK_STEPS = STEPS
    training = Training(config, LocalFolder(tempfile.gettempdir()), checkpoint_s=1e9)
    return lambda: training.advance(1e-9)


def timed(block: Callable[[], object], clock: Callable[[], float]) -> Callable[[], float]:
    """The seconds of a step, from those of a block."""

    def seconds() -> float:
        start = clock()
        block()
        return (clock() - start) / STEPS

    return seconds


def serve(action: Callable[[], float]) -> None:
    for _ in sys.stdin:
        print(action(), flush=True)


if __name__ == "__main__":
    main()
