"""`sweeper` alone: the commands it names fit what is in the folder."""

import fcntl
import json
import re
import shutil
import socket

from sweeper.cli.start.next_steps import next_steps
from tests.sweeper.support.cli_runs import ROOT, command


def commands(lines):
    return [match[1] for line in lines if (match := re.match(r"  (sweeper \w+)", line))]


def test_an_empty_folder_needs_a_grid(tmp_path):
    assert commands(next_steps(tmp_path))[0] == "sweeper init"


def test_a_grid_is_planned_next_and_other_yaml_files_are_no_grids(tmp_path):
    shutil.copy(ROOT / "grids" / "quickstart.yaml", tmp_path)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    lines = next_steps(tmp_path)
    assert "Grids here: quickstart.yaml" in lines
    assert commands(lines) == ["sweeper plan", "sweeper doctor", "sweeper launch"]


def test_results_are_looked_at_next(tmp_path):
    shutil.copy(ROOT / "grids" / "quickstart.yaml", tmp_path)
    (tmp_path / "mlflow.db").write_bytes(b"")
    found = commands(next_steps(tmp_path))
    assert found[:2] == ["sweeper status", "sweeper launch"] and "sweeper ui" in found


def test_a_running_launch_can_be_stopped(tmp_path):
    shutil.copy(ROOT / "grids" / "quickstart.yaml", tmp_path)
    (tmp_path / "mlflow.db").write_bytes(b"")
    (tmp_path / "sweep_store").mkdir()
    lock = (tmp_path / "sweep_store" / "launch.lock").open("w+")
    lock.write(json.dumps({"pid": 4242, "host": socket.gethostname(), "grid": "quickstart"}))
    lock.flush()
    fcntl.flock(lock, fcntl.LOCK_EX)
    lines = next_steps(tmp_path)
    lock.close()
    assert "A launch runs (process 4242):" in lines
    assert "sweeper stop" in commands(lines) and "sweeper launch" not in commands(lines)


def test_the_command_prints_it(tmp_path):
    done = command(tmp_path)
    assert done.returncode == 0 and "sweeper init" in done.stdout
