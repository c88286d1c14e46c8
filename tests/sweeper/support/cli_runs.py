"""Tiny real sweeps for tests: dSprites, the CNN, tens of steps, in a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

TINY = """
datasets: dsprites
models: [vae, l_vae]
axes: {batch_size: 16, learning_rate: 1e-3, iterations: [10, 20], network: cnn}
evaluation: {num_points: 100, measures: [cbd, cbd_compactness, cbd_modularity, mig]}
"""


def write_grid(folder: Path, text: str = TINY, name: str = "tiny.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


MAIN = "from sweeper.cli import main; main()"


def sweeper(folder: Path, *arguments: str, timeout_s: float = 240.0, program: str = MAIN):
    """Runs the command line in `folder`. Returns the finished process, output as text."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def metric_table(folder: Path) -> dict[str, dict[str, object]]:
    """{run id: its row of the metric table}, as the artifacts of MLflow hold it."""
    import pyarrow.parquet as pq

    rows = {}
    for path in sorted(folder.glob("mlartifacts/*/*/artifacts/metrics.parquet")):
        row = pq.read_table(path).to_pylist()[0]
        run_id = row.pop("run_id")
        row.pop("training_id")  # differs with `sharing: false`; no number depends on it
        assert run_id not in rows, "two MLflow runs for one cell"
        rows[run_id] = row
    return rows
