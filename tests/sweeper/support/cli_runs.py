"""The command line in tests, and tiny real sweeps: dSprites, the CNN, tens of steps."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

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


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As `sweeper`, in this process: for commands that start no others."""
    from sweeper.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    code = None
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["sweeper", *arguments]),
        mock.patch.dict(os.environ),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(arguments, code, *texts)


def launch(folder: Path, grid: str) -> "subprocess.CompletedProcess[str]":
    """Launches a grid in `folder`, in this process, without Ray."""
    write_grid(folder, grid)
    done = command(folder, "launch", "tiny.yaml", "--engine", "local")
    assert done.returncode == 0, done.stderr
    return done


def launch_killed_once(folder: Path, grid: str, kill: str, empty_database: Path) -> None:
    """Launches a grid in `folder` in a process that ends itself by SIGKILL, then launches it again.

    kill: Python text that makes it do so."""
    write_grid(folder, grid)
    shutil.copy(empty_database, folder / "mlflow.db")
    arguments = ("launch", "tiny.yaml", "--engine", "local")
    killed = sweeper(folder, *arguments, program=kill + MAIN)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    launch(folder, grid)


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
