"""Commands that people wait for, each against its goal.

    python -m benchmarks.goals [--quick]

Each command three times, from start to exit: the median, with the spread. First a launch of 72
tracked trainings of one step in an empty folder, and the time until its first line of scores; then
commands on a finished grid of 48 runs (dSprites, CNN). The earlier times are from other two-core
machines; those of `select` and `report` were taken while other programs were running."""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import overhead
from benchmarks.support.measuring import PYTHON, Spread, load, table

SWEEPER = str(Path(PYTHON).with_name("sweeper"))
GRID = """\
datasets: dsprites
models: [vae, l_vae]
axes: {{batch_size: [8, 16], learning_rate: [1e-3, 1e-4], network: cnn, iterations: {iterations}}}
evaluation: {{measures: [cbd], num_points: 50}}
keep_weights: none
select: {{min_active: 0}}  # after so few steps no latent is active
"""
# name: (arguments, seconds of the goal, seconds before)
FINISHED = {
    "`launch` of a finished grid of 48 runs": (("launch", "grid.yaml"), 3.0, "6 to 11"),
    "`plan --no-probe` of it": (("plan", "grid.yaml", "--no-probe"), 1.5, ""),
    "`status` of it": (("status", "grid.yaml"), 1.5, ""),
    "`table` of it": (("table", "grid"), 1.5, ""),
    "`select` of it": (("select", "grid"), 5.0, "12 to 26"),
    "`report` of it": (("report", "grid"), 5.0, "12 to 26"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="each command once")
    options = parser.parse_args()
    print(page(times=1 if options.quick else 3))


def page(times: int = 3, trainings: int = 72, iterations: int = 6) -> str:
    taken = [first_launch(trainings) for _ in range(times)]
    name = f"`launch`, {trainings} tracked trainings of one step"
    rows = [row(name, 12.0, "17.4", [whole for whole, _ in taken])]
    rows.append(row("of it, to the first scored step", 6.0, "7.7", [first for _, first in taken]))
    with tempfile.TemporaryDirectory() as folder:
        write(folder, GRID.format(iterations=list(range(1, iterations + 1))))
        run(("launch", "grid.yaml"), folder)
        for name, (arguments, goal_s, before) in FINISHED.items():
            rows.append(row(name, goal_s, before, [run(arguments, folder) for _ in range(times)]))
    text = table(("command", "goal, s", "before, s", "now, s", ""), rows)
    return f"{text}\nLoad at the end: {load():.1f}.\n"


def row(name: str, goal_s: float, before: str, seconds: Sequence[float]) -> list[str]:
    spread = Spread.of(seconds)
    verdict = "reached" if spread.middle <= goal_s else "missed"
    return [name, f"{goal_s:g}", before, spread.text(), verdict]


def first_launch(trainings: int) -> tuple[float, float]:
    """Seconds of a launch in an empty folder, and until it prints the first scores."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, overhead.grid_text(trainings, [1]))
        start = time.perf_counter()
        with started(("launch", "grid.yaml"), folder) as process:
            assert process.stdout is not None
            first_s = 0.0
            for line in process.stdout:
                if not first_s and "finished 1/1" in line:
                    first_s = time.perf_counter() - start
        if process.returncode or not first_s:
            raise RuntimeError(f"the launch ended with {process.returncode}")
        return time.perf_counter() - start, first_s


def run(arguments: Sequence[str], folder: str) -> float:
    """Seconds of a command, from start to exit."""
    start = time.perf_counter()
    process = started(arguments, folder)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{output[-3000:]}")
    return time.perf_counter() - start


def started(arguments: Sequence[str], folder: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SWEEPER, *arguments],
        cwd=folder,
        env=os.environ | {"SWEEPER_PROBE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def write(folder: str, grid: str) -> None:
    Path(folder, "grid.yaml").write_text(grid, encoding="utf-8")


if __name__ == "__main__":
    main()
