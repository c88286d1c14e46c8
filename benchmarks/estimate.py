"""Whether a first plan comes true: timed by `plan` for a moment, predicted, then launched.

    python -m benchmarks.estimate [--quick]

Small grids on this machine, for each network and for one and two trainings at a time, each in a
folder and with a cache of its own: `sweeper plan` times the kinds of training (10 s at most) and
predicts the hours, and `sweeper launch` is timed. Other work on the machine changes a sweep's time
between prediction and launch; the load before each is shown."""

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
  network: NETWORK
  batch_size: [32, 64]
  learning_rate: RATE
  iterations: ITERATIONS
evaluation: {measures: [cbd, mig, beta_vae], num_points: 2000}
resources: {max_concurrent: WORKERS}
"""
WITHIN = 0.25
_HEAD = (
    "network",
    "at a time",
    "speeds from",
    "load",
    "predicted, s",
    "taken, s",
    "taken / predicted",
    "",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    options = parser.parse_args()
    print(page(iterations=[50, 100] if options.quick else [100, 200]))


def page(iterations: list[int]) -> str:
    """The table, in Markdown."""
    rows = []
    for network in ("cnn", "mlp"):
        with tempfile.TemporaryDirectory() as place:
            for rate, workers in ((1e-3, 2), (1e-4, 1)):
                text = GRID.replace("NETWORK", network).replace("RATE", f"{rate:f}")
                text = text.replace("WORKERS", str(workers)).replace("ITERATIONS", str(iterations))
                rows.append([network, str(workers), *_row(Path(place), text, f"w{workers}")])
    return table(_HEAD, rows)


def _row(folder: Path, text: str, name: str) -> list[str]:
    grid = folder / f"{name}.yaml"
    grid.write_text(text.replace("NAME", name))
    before = load()
    found = json.loads(sweeper(folder, "plan", str(grid), "--json"))["estimate"]
    predicted = 3600 * found["wall_hours"]
    start = time.monotonic()
    sweeper(folder, "launch", str(grid))
    taken = time.monotonic() - start
    good = "within 25%" if abs(taken / predicted - 1) <= WITHIN else "not within 25%"
    source = f"{100 * found['probed']:.0f}% timed by plan"
    numbers = (f"{predicted:.0f}", f"{taken:.0f}", f"{taken / predicted:.2f}")
    return [source, f"{before:.1f}", *numbers, good]


def sweeper(folder: Path, *arguments: str) -> str:
    """The output of a command of ours."""
    code = "from sweeper.cli import main; main()"
    done = subprocess.run(
        [PYTHON, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"sweeper {' '.join(arguments)} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    main()
