"""Whether a plan's estimate comes true: calibrated, predicted, then launched and timed.

    python -m benchmarks.estimate [--quick]

A small grid on this machine, in a folder of its own: `sweeper plan --calibrate` predicts the
hours, and `sweeper launch` is timed. Then the hours are predicted again from the speeds that the
launch measured, and a second grid of the same kinds is launched. Other work on the
machine changes a sweep's time between prediction and launch; the load before each is shown."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.measuring import PYTHON, ROOT, load, table

GRID = """\
name: NAME
datasets: dsprites
models: [vae, l_vae]
axes:
  network: cnn
  batch_size: [16, 32]
  learning_rate: RATES
  iterations: ITERATIONS
evaluation: {measures: [cbd, mig, beta_vae], num_points: 2000}
"""
WITHIN = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    options = parser.parse_args()
    print(page(iterations=[50, 100] if options.quick else [100, 200, 300]))


def page(iterations: list[int]) -> str:
    """The table, in Markdown."""
    head = ("sweep", "speeds from", "load", "predicted, s", "taken, s", "taken / predicted", "")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, rates, source, extra in (
            ("first", "[1e-3]", "calibration", ["--calibrate"]),
            ("second", "[2e-4]", "the first sweep", []),
        ):
            grid = folder / f"{name}.yaml"
            text = GRID.replace("NAME", name).replace("RATES", rates)
            grid.write_text(text.replace("ITERATIONS", str(iterations)))
            before = load()
            plan = json.loads(sweeper(folder, "plan", str(grid), "--json", *extra))
            predicted = 3600 * plan["estimate"]["wall_hours"]
            start = time.monotonic()
            sweeper(folder, "launch", str(grid))
            taken = time.monotonic() - start
            good = "within 25%" if abs(taken / predicted - 1) <= WITHIN else "not within 25%"
            numbers = (f"{predicted:.0f}", f"{taken:.0f}", f"{taken / predicted:.2f}")
            rows.append([name, source, f"{before:.1f}", *numbers, good])
    return table(head, rows)


def sweeper(folder: Path, *arguments: str) -> str:
    """The output of a command of ours."""
    code = "from sweeper.cli import main; main()"
    done = subprocess.run(
        [PYTHON, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"sweeper {' '.join(arguments)} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    main()
