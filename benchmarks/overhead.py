"""What a sweep costs besides training: trainings of one tiny step, against Ray Tune's empty trials.

    python -m benchmarks.overhead [--quick] [--full]

A tiny training still opens its data, makes a network, takes a step, scores 50 images, writes a
record and a checkpoint, and publishes a run with its artifacts to MLflow; Ray's empty trial does
nothing. Each is a separate command, timed from start to exit with the start of Ray. --full adds
1,000 and 5,000 trainings, which take a quarter of an hour."""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.support.measuring import command, sweeper, table

COUNTS, FULL = (18, 72, 288), (18, 72, 288, 1000, 5000)
FRESH_AT = (72,)  # an actor a trial takes about a second each, however many there are

GRID = """\
datasets: dsprites
models: [vae]
axes: {{batch_size: 2, learning_rate: 1e-4, network: cnn, iterations: {iterations}}}
seeds: {seeds}
evaluation: {{measures: [cbd], num_points: 50}}
keep_weights: none
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="18 and 72 trainings")
    parser.add_argument("--full", action="store_true", help="up to 5,000 trainings")
    options = parser.parse_args()
    print(page(FULL if options.full else COUNTS[:2] if options.quick else COUNTS))


def page(counts: tuple[int, ...] = COUNTS) -> str:
    rows: list[list[str]] = []
    above = (0, 0.0)
    for count in counts:
        seconds, first_s, peak = launch(count)
        reused = command(["benchmarks.contenders.bare_ray", str(count), "reuse"], Path.cwd())[0]
        fresh = bare_fresh(count) if count in FRESH_AT else None
        rows.append(
            [
                f"{count:,}",
                f"{seconds:.1f}",
                f"{first_s:.1f}",
                f"{reused:.1f}",
                f"{fresh:.1f}" if fresh else "",
                f"{seconds / reused:.2f}",
                f"{seconds / fresh:.2f}" if fresh else "",
                f"{1e3 * (seconds - above[1]) / (count - above[0]):.0f}" if rows else "",
                f"{peak:.0f}",
            ]
        )
        above = (count, seconds)
    head = ("trainings", "sweeper, s", "to its first scored step, s", "bare Ray, actors reused, s")
    head += ("bare Ray, an actor a trial, s", "sweeper / reused", "sweeper / fresh")
    head += ("ms for each training more than in the row above",)
    text = table((*head, "peak of the driver, MB"), rows)
    return text + "\n" + planning((36, 144, 576, 12_600) if max(counts) > 18 else (36,))


def bare_fresh(count: int) -> float:
    return command(["benchmarks.contenders.bare_ray", str(count), "fresh"], Path.cwd())[0]


def planning(runs: tuple[int, ...]) -> str:
    """Time and memory of `sweeper plan`, six runs a training."""
    rows = []
    for count in runs:
        seconds, peak, _ = with_grid(count // 6, list(range(10, 70, 10)), "plan")
        rows.append((f"{count:,}", f"{seconds:.2f}", f"{peak:.0f}"))
    return table(("runs planned", "sweeper plan, s", "peak, MB"), rows)


def launch(count: int) -> tuple[float, float, float]:
    """(seconds, seconds from the start to the first record, peak MB of the driver)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.time()
        (folder / "grid.yaml").write_text(grid_text(count, [1]), encoding="utf-8")
        seconds, peak, _ = command(sweeper("launch", "grid.yaml"), folder, timeout_s=3600)
        records = (folder / "sweep_store" / "trainings").glob("*/milestone-*")
        return seconds, min(path.stat().st_mtime for path in records) - started, peak


def with_grid(count: int, iterations: list[int], verb: str) -> tuple[float, float, str]:
    with tempfile.TemporaryDirectory() as name:
        Path(name, "grid.yaml").write_text(grid_text(count, iterations), encoding="utf-8")
        return command(sweeper(verb, "grid.yaml"), Path(name))


def grid_text(count: int, iterations: list[int]) -> str:
    return GRID.format(seeds=list(range(count)), iterations=iterations)


if __name__ == "__main__":
    main()
