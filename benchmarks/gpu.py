"""Steps a second on a GPU: eager, as a captured graph, and several trainings in lanes.

    python -m benchmarks.gpu [--seconds 5]

Needs torch and this project's `trainers`, neither Ray nor MLflow. The page is named after the card
and kept in benchmarks/results/. Without a CUDA device it says so and measures nothing."""

import argparse
import tempfile
import threading
import time
from contextlib import ExitStack

import torch

from benchmarks.support.measuring import ROOT, machine, table
from benchmarks.support.subject import l_vae
from trainers.parallel import train_in_parallel
from trainers.saving.folders import LocalFolder
from trainers.training import Progress, Training

NOT_MEASURED = "no CUDA device: not measured"
LANES = (1, 2, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    seconds = parser.parse_args().seconds
    if not torch.cuda.is_available():
        print(NOT_MEASURED)
        return
    text = f"# {torch.cuda.get_device_name()}\n\n{machine()}\n{page('cuda', seconds)}"
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    name = torch.cuda.get_device_name().replace(" ", "-")
    (folder / f"gpu-{name}.md").write_text(text, encoding="utf-8")
    print(text)


def page(
    device: str,
    seconds: float,
    networks: tuple[str, ...] = ("mlp", "cnn"),
    batch_sizes: tuple[int, ...] = (64, 256),
    lanes: tuple[int, ...] = LANES,
    precisions: tuple[str, ...] = ("fp32", "bf16"),
) -> str:
    """Steps a second, all lanes together. device 'cpu' only shows that the page comes out."""
    rows = []
    for network in networks:
        for batch_size in batch_sizes:
            for precision in precisions:
                case = network, batch_size, precision
                eager = rate(device, case, seconds, on_device=False)
                rates = [rate(device, case, seconds, lanes=count) for count in lanes]
                rows.append(
                    [
                        network,
                        str(batch_size),
                        precision,
                        f"{eager:,.0f}",
                        *(f"{one:,.0f}" for one in rates),
                        f"{rates[0] / eager:.1f}",
                        f"{max(rates) / rates[0]:.2f}",
                    ]
                )
    head = ["network", "batch", "precision", "eager, steps/s"]
    head += [f"{count} lane(s), steps/s" for count in lanes]
    return table([*head, "graph / eager", "best lanes / one"], rows)


def rate(
    device: str,
    case: tuple[str, int, str],
    seconds: float,
    *,
    lanes: int = 1,
    on_device: bool = True,
) -> float:
    """Steps a second of that many equal trainings, counted once each has begun."""
    network, batch_size, precision = case
    with ExitStack() as stack:
        trainings = {}
        for seed in range(lanes):
            folder = LocalFolder(stack.enter_context(tempfile.TemporaryDirectory()))
            trainings[str(seed)] = Training(
                l_vae(network, batch_size, precision=precision, seed=seed),
                folder,
                device=device,
                checkpoint_s=float("inf"),
                on_device=on_device,
            )
        for training in trainings.values():
            training.advance(0.0)  # the first block captures the graph
        stop = threading.Event()
        before = sum(training.iteration for training in trainings.values())
        start = time.perf_counter()

        def watch(_: str, progress: Progress) -> None:
            if time.perf_counter() - start >= seconds:
                stop.set()

        errors = train_in_parallel(trainings, watch, stop, seconds=0.1, save=False)
        assert not errors, errors
        taken = time.perf_counter() - start
        return (sum(training.iteration for training in trainings.values()) - before) / taken


if __name__ == "__main__":
    main()
