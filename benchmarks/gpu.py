"""A GPU: its tests, the time of a step against the memory limit, sharing it, and a small sweep.

    python -m benchmarks.gpu [--seconds 3]        or: make gpu

Takes under 8 minutes on one GPU and writes benchmarks/results/gpu.md. The memory limit is the
traffic that a step cannot avoid at the measured bandwidth of the card: 28 bytes per parameter for
Adam, 12 to use each weight twice and write its gradient, and 12 per activation, which is written
once and read twice. Sharing starts 1 to 8 processes on one GPU, as `resources: {gpu: 0.125}` in a
grid does. Fused counts the steps of 8 to 32 trainings in one program, as `fused: 32` does. Without
a CUDA device the page says so and measures nothing."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.support.limits import gpu_copy_bytes_s, step_bytes
from benchmarks.support.measuring import PYTHON, ROOT, command, machine, sweeper, table
from benchmarks.support.subject import l_vae
from trainers.config import TrainingConfig
from trainers.datasets import open_dataset
from trainers.fused import open_trainings
from trainers.running.image_table import image_table
from trainers.saving.folders import LocalFolder
from trainers.training import Training

NOT_MEASURED = "no CUDA device: not measured"
PAGE = ROOT / "benchmarks" / "results" / "gpu.md"
CASES = [(network, batch) for network in ("mlp", "cnn") for batch in (64, 256)]
PRECISIONS = ("fp32", "tf32", "bf16")
SHARING = (1, 2, 4, 8)
FUSED = (8, 16, 32)

GRID = """\
datasets: dsprites
models: [l_vae]
axes:
  batch_size: [64, 128, 256]
  learning_rate: [1.0e-4, 1.0e-5]
  iterations: [1000, 2000, 3000]
evaluation: {measures: [cbd], num_points: 2000}
resources: {gpu: 0.5}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--share", nargs=2, metavar=("NETWORK", "BATCH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share:
        network, batch_size = options.share
        serve("cuda", l_vae(network, int(batch_size)), options.seconds)
        return
    if not torch.cuda.is_available():
        print(NOT_MEASURED)
        return
    start = time.perf_counter()
    parts = [f"# {torch.cuda.get_device_name()}\n\n{machine()}"]
    for heading, part in {
        "Tests": gpu_tests,
        "Steps": lambda: steps_page("cuda", options.seconds),
        "Sharing": lambda: sharing_page(options.seconds),
        "Fused": lambda: fused_page("cuda", options.seconds),
        "Sweep": sweep_page,
    }.items():
        parts.append(f"## {heading}\n\n{part()}")
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text("\n".join(parts), encoding="utf-8")
    parts.append(f"All of it took {time.perf_counter() - start:.0f} s.\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def gpu_tests() -> str:
    """The last line of pytest, or the end of its output if a test failed."""
    arguments = ["-q", "-m", "gpu", "-p", "no:cacheprovider", "tests/trainers"]
    done = subprocess.run(
        [PYTHON, "-m", "pytest", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()[-5:]
    return "\n".join(lines[-1:] if done.returncode == 0 else lines[-30:]) + "\n"


def steps_page(
    device: str,
    seconds: float,
    cases: list[tuple[str, int]] = CASES,
    precisions: tuple[str, ...] = PRECISIONS,
) -> str:
    """Milliseconds of a step. device 'cpu' only shows that the page can be made."""
    bytes_s = gpu_copy_bytes_s(device)
    # Held here, so that it is drawn once and not for each measurement.
    images = image_table(open_dataset("dsprites", source="rendered"), torch.device(device))
    rows = []
    for network, batch_size in cases:
        limit_s = step_bytes(network, batch_size) / bytes_s
        for precision in precisions:
            config = l_vae(network, batch_size, precision=precision)
            eager_s = step_s(device, [config], seconds, on_device=False)
            graph_s = step_s(device, [config], seconds, on_device=True)
            times = [f"{1e3 * one:.3f}" for one in (eager_s, graph_s, limit_s)]
            ratios = [f"{eager_s / graph_s:.1f}", f"{graph_s / limit_s:.1f}"]
            rows.append([network, str(batch_size), precision, *times, *ratios])
            print(*rows[-1], flush=True)
    del images
    head = ("network", "batch", "precision", "eager, ms", "graph, ms", "memory limit, ms")
    bandwidth = f"\nMeasured bandwidth: {bytes_s / 1e9:,.0f} GB/s.\n"
    return table([*head, "eager / graph", "graph / limit"], rows) + bandwidth


def step_s(
    device: str, configs: Sequence[TrainingConfig], seconds: float, **options: bool
) -> float:
    """Seconds of a step of one training, or of several that are fused, minibatches and records
    included, after the first block. options: of `Training`."""
    with tempfile.TemporaryDirectory() as name:
        folders = [LocalFolder(Path(name) / str(number)) for number in range(len(configs))]
        training = open_trainings(
            configs, folders, device=device, checkpoint_s=float("inf"), **options
        )
        training.advance(0.0)  # the first block captures the graph
        before, start = training.iteration, time.perf_counter()
        training.advance(seconds)
        taken = time.perf_counter() - start
        training.close()
        return taken / (training.iteration - before)


def sharing_page(
    seconds: float,
    cases: list[tuple[str, int]] = CASES,
    counts: tuple[int, ...] = SHARING,
) -> str:
    """Steps per second of all processes together."""
    rows = []
    for network, batch_size in cases:
        rates = [shared_rate(network, batch_size, count, seconds) for count in counts]
        best = f"{max(rates) / rates[0]:.2f}"
        rows.append([network, str(batch_size), *(f"{rate:,.0f}" for rate in rates), best])
    head = ["network", "batch", *(f"{count} process(es), steps/s" for count in counts)]
    return table([*head, "best / one"], rows)


def shared_rate(network: str, batch_size: int, count: int, seconds: float) -> float:
    """Steps per second of `count` equal trainings, each in a process of its own, all started
    together once each has captured its graph."""
    arguments = ["--seconds", str(seconds), "--share", network, str(batch_size)]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [PYTHON, "-m", "benchmarks.gpu", *arguments],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()  # ready
        for process in running:
            assert process.stdin is not None
            process.stdin.write("start\n")
            process.stdin.flush()
        return sum(float(process.communicate()[0]) for process in running)


def fused_page(
    device: str,
    seconds: float,
    cases: list[tuple[str, int]] = CASES,
    counts: tuple[int, ...] = FUSED,
) -> str:
    """Steps per second of all trainings of a program together."""
    rows = []
    for network, batch_size in cases:
        one = l_vae(network, batch_size)
        rates = [1 / step_s(device, [one], seconds, on_device=True)]
        for count in counts:
            configs = [replace(one, seed=seed, fused=True) for seed in range(count)]
            rates.append(count / step_s(device, configs, seconds))
        best = f"{max(rates) / rates[0]:.2f}"
        rows.append([network, str(batch_size), *(f"{rate:,.0f}" for rate in rates), best])
        print(*rows[-1], flush=True)
    head = ["network", "batch", "1 training, steps/s", *(f"{count} fused" for count in counts)]
    return table([*head, "best / one"], rows)


def serve(device: str, config: TrainingConfig, seconds: float) -> None:
    """Prints 'ready', waits for a line, then prints the steps per second of one measurement."""
    with tempfile.TemporaryDirectory() as folder:
        training = Training(config, LocalFolder(folder), device=device, checkpoint_s=float("inf"))
        training.advance(0.0)
        print("ready", flush=True)
        sys.stdin.readline()
        before, start = training.iteration, time.perf_counter()
        training.advance(seconds)
        print((training.iteration - before) / (time.perf_counter() - start), flush=True)
        training.close()


def sweep_page(text: str = GRID) -> str:
    """Seconds of `sweeper launch` for a grid of 6 trainings, and of the steps in it."""
    from benchmarks.grid_vs_ray import training_s

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "grid.yaml").write_text(text, encoding="utf-8")
        try:
            import mlflow  # noqa: F401
            import ray  # noqa: F401
        except ImportError as error:
            return f"Not run: {error}.\n"
        try:
            seconds, _, _ = command(sweeper("launch", "grid.yaml"), folder, timeout_s=240)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return f"Failed: {error}\n"
        steps_s = training_s(folder / "sweep_store")
        count = len(list((folder / "sweep_store" / "trainings").iterdir()))
    return f"{count} trainings: {seconds:.0f} s; inside steps, summed: {steps_s:.0f} s.\n"


if __name__ == "__main__":
    main()
