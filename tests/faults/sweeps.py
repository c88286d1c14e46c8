"""Small sweeps run as users run them: the command in a process group of its own, in a folder.

What a sweep left behind is read from the database with SQL, so that no code of ours stands between
the tests and what is stored."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).parents[2]
MAIN = "from sweeper.cli import main; main()"

# Seconds on two cores: the small network, four images a batch, one quick measure.
TINY = {
    "experiment": "tiny",
    "datasets": "dsprites",
    "models": ["vae", "l_vae"],
    "axes": {
        "batch_size": 4,
        "learning_rate": [1e-3],
        "iterations": [40, 80],
        "network": "cnn",
    },
    "evaluation": {"measures": ["cbd"], "num_points": 100},
    "resources": {"checkpoint_every_s": 0.5},
}
# Trainings that last while they compute little.
PACED = TINY | {"use": ["./paced.py"], "axes": TINY["axes"] | {"network": "paced"}}
# 36 runs that are 6 trainings, as the quickstart's.
SOAK = PACED | {
    "models": ["vae", {"beta_vae": {"beta": 4}}, "l_vae"],
    "axes": PACED["axes"]
    | {"learning_rate": [1e-3, 1e-4], "iterations": [100, 200, 300, 400, 500, 600]},
}
# 12 of those 36 runs, 2 of the 6 trainings.
PART = SOAK | {"models": ["vae", "l_vae"], "axes": SOAK["axes"] | {"learning_rate": 1e-3}}


class Sweep:
    """One grid in one folder. first: what a launch's process runs before it begins."""

    first = ""

    def __init__(self, folder: Path, grid: dict, *options: str, **environment: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "grid.yaml").write_text(yaml.safe_dump(grid))
        if PACED["use"] == grid.get("use"):
            shutil.copy(Path(__file__).with_name("paced.py"), folder)
        self.options = options
        paths = [*filter(None, [environment.pop("PYTHONPATH", "")]), str(ROOT)]
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(paths),
            "OMP_NUM_THREADS": "1",
            **environment,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", self.first + MAIN, *arguments]

    @contextlib.contextmanager
    def started(self):
        """A launch in a session of its own; whatever of it lives at the end is killed."""
        with (self.folder / "output.txt").open("a") as output:
            process = subprocess.Popen(
                self.command("launch", "grid.yaml", *self.options),
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def launch(self, timeout_s: float = 240.0) -> int:
        """Runs to the end; the exit code."""
        with self.started() as process:
            return process.wait(timeout_s)

    def run(self, *arguments: str, timeout_s: float = 120.0) -> subprocess.CompletedProcess:
        """Another command in the same folder."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def records(self) -> int:
        return len(list((self.folder / "sweep_store").glob("trainings/*/milestone-*.npz")))

    def checkpoints(self) -> list[Path]:
        return sorted((self.folder / "sweep_store").glob("trainings/*/checkpoint-*.pt"))

    def wait_for(self, process, condition, timeout_s: float = 180.0) -> None:
        """Returns when `condition()` holds; fails when the launch ends before."""
        end = time.monotonic() + timeout_s
        while not condition():
            assert process.poll() is None, f"the launch ended too soon:\n{self.output}"
            assert time.monotonic() < end, f"it never came:\n{self.output}"
            time.sleep(0.05)


def is_worker(command_line: list[str]) -> bool:
    """Ray names a process after the actor in it: our class, or Tune's subclass of it."""
    title = "".join(command_line[:1])
    return title.startswith(("ray::TrainingTrial", "ray::ResourceTrainable"))


def workers(process) -> list[psutil.Process]:
    """The processes of a launch that train."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if is_worker(child.cmdline()):
                found.append(child)
    return found


Points = dict[str, dict[tuple[str, int], float]]


def stored(folder: Path, database: str = "mlflow.db") -> Points:
    """{run id: {(metric, step): value}} of every active run, once it is seen that all is whole:
    one MLflow run a run, none RUNNING, no step of a metric with two values."""
    with sqlite3.connect(f"file:{folder / database}?mode=ro", uri=True) as connection:
        runs = connection.execute(
            "SELECT r.run_uuid, r.status, t.value FROM runs r LEFT JOIN tags t"
            " ON t.run_uuid = r.run_uuid AND t.key = 'sweeper.run_id'"
            " WHERE r.lifecycle_stage = 'active'"
        ).fetchall()
        metrics = connection.execute(
            "SELECT run_uuid, key, step, value, is_nan FROM metrics"
        ).fetchall()
    assert [status for _, status, _ in runs if status == "RUNNING"] == []
    names = {uuid: run_id for uuid, _, run_id in runs if run_id is not None}
    doubled = [name for name, count in Counter(names.values()).items() if count > 1]
    assert doubled == [], f"runs with two MLflow runs: {doubled}"
    points: Points = {name: {} for name in names.values()}
    for uuid, key, step, value, is_nan in metrics:
        if uuid in names:
            assert (key, step) not in points[names[uuid]], f"{key} has two values at step {step}"
            points[names[uuid]][key, step] = float("nan") if is_nan else value
    return points
