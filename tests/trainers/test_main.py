"""`python -m trainers CONFIG.json`: one training alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainers.saving.folders import LocalFolder
from trainers.saving.records import find_records

ROOT = Path(__file__).parent.parent.parent
TINY = {"batch_size": 8, "milestones": [5, 10], "evaluation": {"num_points": 50}}


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "trainers", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def config(folder, **changes):
    plain = json.loads((ROOT / "examples" / "training.json").read_text()) | TINY | changes
    path = folder / "config.json"
    path.write_text(json.dumps(plain))
    return path


def test_it_trains_scores_and_goes_on(tmp_path):
    done = run(tmp_path, config(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "iteration 10: measure/cbd" in done.stdout
    assert "finished at iteration 10" in done.stdout
    longer = run(tmp_path, config(tmp_path, milestones=[5, 10, 15]))
    assert "iteration 15" in longer.stdout and "iteration 10:" not in longer.stdout
    assert list(find_records(LocalFolder(tmp_path / "training")).milestones) == [5, 10, 15]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model": "vea"}, "vea"),
        ({"milestones": []}, "milestones"),
        ({"batch": 3}, "unknown keys: batch"),
        ({"batch_size": 0, "seed": -1}, "seed"),
    ],
)
def test_a_wrong_configuration_is_told_and_nothing_started(tmp_path, changes, told):
    done = run(tmp_path, config(tmp_path, **changes))
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_a_file_that_is_no_json_object_is_told(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    done = run(tmp_path, "config.json")
    assert done.returncode == 2
    assert "config.json" in done.stderr and "Traceback" not in done.stderr


def test_neither_ray_nor_mlflow_is_loaded(tmp_path):
    code = (
        "import sys; from trainers.__main__ import main; "
        f"code = main([{str(config(tmp_path))!r}]); "
        "print(code, sorted({'ray', 'mlflow', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"
