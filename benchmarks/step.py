"""One training step: against the loops a user would write, and against the machine's limit.

    python -m benchmarks.step [--quick]

The limit is the step's floating point operations at the rate of a square matrix product, plus 28
bytes of memory traffic a parameter for Adam, both measured in the same turns as the steps. `its
layers alone` are the linear and convolutional layers one by one, forward and backward, as PyTorch's
kernels do them at these shapes, plus the same memory for Adam: no other loop around them is faster.
Every contender runs in its own process, with its own settings of threads and memory; they run in
turns of a few steps. `sweeper` includes drawing the minibatch and the noise, `by hand` is
given its minibatch; the losses of a step by hand are read back each time, as such loops do.
`compiled` is that loop with torch.compile, `Lightning` its LightningModule, both with the fused
Adam; `JAX` is the step as one program of XLA. The last two are there where they are installed. The
second table divides a step, in medians: products at the limit, what the layers' kernels take beyond
it, Adam at the limit, inputs, and the rest (activations, losses, sampling of z, autograd, Adam
beyond the limit). With one thread times are the processor's, which other work on the machine does
not lengthen (it still takes caches and memory bandwidth away); with two they are the clock's."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from benchmarks.support.measuring import PYTHON, ROOT, Spread, ratios, table

PARTS = ("products", "layers", "adam", "inputs")
CONTENDERS = ("by hand", "by hand, fused", "compiled", "sweeper", "sweeper, bf16", *PARTS)
OPTIONAL = {"Lightning": "lightning", "JAX": "jax"}  # contenders, and the package that each needs
CASES = [(network, batch) for network in ("mlp", "cnn") for batch in (64, 128, 256)]
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
    """The two tables, in Markdown. threads: 0 for one and two."""
    places = [(*case, count) for count in ((threads,) if threads else (1, 2)) for case in cases]
    taken = [take(*place, rounds) for place in places]
    named = [[network, str(batch), str(count)] for network, batch, count in places]
    head = ("network", "batch", "threads")
    whole = (*head, "sweeper, ms", "limit, ms", "sweeper / limit", "sweeper / its layers alone")
    over = ("by hand", "by hand, fused", "compiled", *OPTIONAL)
    whole += (*(f"{name} / sweeper" for name in over), "fp32 / bf16")
    part = (*head, "products, ms", "layers beyond it", "Adam", "inputs", "the rest", "in all")
    return (
        table(
            whole, [name + compared(found, over) for name, found in zip(named, taken, strict=True)]
        )
        + "\n"
        + table(part, [name + divided(found) for name, found in zip(named, taken, strict=True)])
    )


def take(network: str, batch_size: int, threads: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender, round by round."""
    names = [*CONTENDERS, *(name for name, package in OPTIONAL.items() if find_spec(package))]
    running = {name: Contender(name, network, batch_size, threads) for name in names}
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
    return taken


def compared(taken: dict[str, list[float]], over: Sequence[str]) -> list[str]:
    """The row that sets a step against its limits and the other loops."""
    ours, adam = taken["sweeper"], taken["adam"]
    limit = [a + b for a, b in zip(taken["products"], adam, strict=True)]
    alone = [a + b for a, b in zip(taken["layers"], adam, strict=True)]
    return [
        Spread.of(1e3 * value for value in ours).text(1),
        Spread.of(1e3 * value for value in limit).text(1),
        ratios(ours, limit).text(),
        ratios(ours, alone).text(),
        *(ratios(taken[name], ours).text() if name in taken else "" for name in over),
        ratios(ours, taken["sweeper, bf16"]).text(),
    ]


def divided(taken: dict[str, list[float]]) -> list[str]:
    """The row of what takes a step's time: medians, in ms."""
    middle = {name: 1e3 * Spread.of(values).middle for name, values in taken.items()}
    parts = [middle["products"], middle["layers"] - middle["products"]]
    parts += [middle["adam"], middle["inputs"]]
    return [f"{value:.1f}" for value in (*parts, middle["sweeper"] - sum(parts), middle["sweeper"])]


def contender(name: str, network: str, batch_size: int, threads: int) -> Callable[[], float]:
    """What is done at each turn; returns the seconds of a step."""
    import torch

    torch.set_num_threads(threads)
    if name == "JAX":  # it takes its number of threads from the processors it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    clock = time.process_time if threads == 1 else time.perf_counter
    if name in PARTS:
        return part(name, network, batch_size, clock)
    if name == "Lightning":
        from benchmarks.contenders.lightning_loop import lightning_seconds

        return lightning_seconds(network, batch_size, clock)
    if name in ("by hand", "by hand, fused", "compiled", "JAX"):
        return timed(by_hand(network, batch_size, name), clock)
    return timed(ours(network, batch_size, "bf16" if "bf16" in name else "fp32"), clock)


def part(
    name: str, network: str, batch_size: int, clock: Callable[[], float]
) -> Callable[[], float]:
    """Seconds of a part of a step."""
    from benchmarks.support import limits
    from trainers.networks import build_network
    from trainers.running.process import keep_freed_memory

    keep_freed_memory()
    if name == "layers":
        return limits.layers_s(network, batch_size, clock)
    if name == "products":
        flops = limits.step_flops(network, batch_size)
        return lambda: limits.products_s(flops, clock)
    if name == "inputs":
        return timed(inputs(network, batch_size), clock)
    built = build_network(network, (1, 64, 64), 5, 0)
    parameters = sum(weight.numel() for weight in built.parameters())
    return lambda: limits.adam_s(parameters, clock)


def inputs(network: str, batch_size: int) -> Callable[[], object]:
    """The minibatches and noise of a turn."""
    import numpy as np

    from benchmarks.support.subject import l_vae
    from trainers.datasets import open_dataset
    from trainers.running.inputs import Inputs

    dataset = open_dataset("dsprites")
    drawn = Inputs(l_vae(network, batch_size), dataset, np.arange(len(dataset)), shuffle=False)
    return lambda: [(dataset.images(drawn.indices(t)), drawn.noise(t)) for t in range(1, STEPS + 1)]


def by_hand(network: str, batch_size: int, name: str) -> Callable[[], object]:
    import numpy as np
    import torch

    from benchmarks.contenders.plain_loop import plain_model, plain_step
    from trainers.datasets import open_dataset

    dataset = open_dataset("dsprites")
    indices_B = np.random.default_rng(0).integers(0, len(dataset), batch_size)
    images_BCHW = torch.from_numpy(dataset.images(indices_B))
    if name == "JAX":
        from benchmarks.contenders.jax_loop import jax_step

        compiled = jax_step(network, 1e-4)
        return lambda: [compiled(images_BCHW) for _ in range(STEPS)]
    model = plain_model(network, 1e-4, fused=name != "by hand")
    step = plain_step(*model, compiled=name == "compiled")
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
