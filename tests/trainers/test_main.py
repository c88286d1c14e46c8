"""`python -m trainers CONFIG.json ..`: trainings without Ray or MLflow."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.own_code import write_model
from tests.trainers.toy import toy_config
from trainers.__main__ import main
from trainers.saving.folders import LocalFolder
from trainers.saving.records import find_records

ROOT = Path(__file__).parent.parent.parent
TINY = {"network": "cnn", "batch_size": 8, "milestones": [5, 10], "evaluation": {"num_points": 50}}


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


def test_it_trains_scores_and_resumes(tmp_path, monkeypatch, capsys):
    done = run(tmp_path, config(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "iteration 10: latent/active" in done.stdout
    assert "finished at iteration 10" in done.stdout
    monkeypatch.chdir(tmp_path)
    assert main([str(config(tmp_path, milestones=[5, 10, 15])), "--threads", "1"]) == 0
    longer = capsys.readouterr().out
    assert "iteration 15" in longer and "iteration 10:" not in longer
    assert list(find_records(LocalFolder(tmp_path / "training")).milestones) == [5, 10, 15]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "vea"}, "vea"),
        ({"milestones": []}, "milestones"),
        ({"batch": 3}, "batch: unknown key"),
        ({"batch_size": 0, "seed": -1}, "seed"),
    ],
)
def test_an_invalid_configuration_is_reported_and_nothing_starts(
    tmp_path, changes, message, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main([str(config(tmp_path, **changes))]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_a_file_that_is_not_a_json_object_is_reported(tmp_path, text, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(text)
    assert main(["config.json"]) == 2
    assert "config.json" in capsys.readouterr().err


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


@pytest.fixture
def configs(tmp_path):
    paths = []
    for seed in (1, 2):
        config = toy_config(
            network="cnn", seed=seed, batch_size=2, milestones=(2,), measures=("cbd",)
        )
        paths.append(tmp_path / f"seed{seed}.json")
        paths[-1].write_text(json.dumps(config.to_dict()))
    return paths


def test_the_command_trains_several_configurations(configs, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*map(str, configs), "--out", str(out), "--threads", "1"]) == 0
    text = capsys.readouterr().out
    assert "seed1: finished at iteration 2" in text
    assert "seed2: finished at iteration 2" in text
    for name in ("seed1", "seed2"):
        assert list(find_records(LocalFolder(out / name)).milestones) == [2]


def test_a_training_that_fails_does_not_stop_the_next(configs, tmp_path, capsys, monkeypatch):
    from trainers.training import Training

    advance = Training.advance

    def failing(training, seconds):
        if training.config.seed == 1:
            raise RuntimeError("out of memory")
        return advance(training, seconds)

    monkeypatch.setattr(Training, "advance", failing)
    out = tmp_path / "out"
    assert main([*map(str, configs), "--out", str(out), "--threads", "1"]) == 1
    text = capsys.readouterr()
    assert "seed1: failed: out of memory" in text.err
    assert "seed2: finished at iteration 2" in text.out


def test_an_interrupt_saves_a_checkpoint_and_starts_no_other(
    configs, tmp_path, capsys, monkeypatch
):
    from trainers.training import Training

    advance = Training.advance

    def interrupted(training, seconds):
        signal.raise_signal(signal.SIGINT)
        return advance(training, 1e-9)

    monkeypatch.setattr(Training, "advance", interrupted)
    for path in configs:
        path.write_text(path.read_text().replace("[2]", "[200]"))
    out = tmp_path / "out"
    assert main([*map(str, configs), "--out", str(out), "--threads", "1"]) == 130
    assert "seed1: interrupted at iteration 10" in capsys.readouterr().err
    assert find_records(LocalFolder(out / "seed1")).checkpoints == (10,)
    assert not (out / "seed2").exists()


def test_every_mistake_in_the_files_is_reported(configs, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "seed1.json"
    twin.write_text(configs[0].read_text())
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert main([str(configs[0]), str(twin), str(broken)]) == 2
    text = capsys.readouterr().err
    assert "seed1.json: a second file named seed1" in text
    assert "broken.json: is not JSON" in text


def test_own_code_is_loaded_by_option(tmp_path, monkeypatch, capsys):
    write_model(tmp_path)
    monkeypatch.chdir(tmp_path)
    mine = str(config(tmp_path, model="gain_vae", params={"k": 2.0}))
    assert main([mine, "--out", "without"]) == 2
    assert "gain_vae" in capsys.readouterr().err
    assert main([mine, "--use", "./my_models.py", "--threads", "1"]) == 0
    assert list(find_records(LocalFolder(tmp_path / "training")).milestones) == [5, 10]
    (tmp_path / "my_models.py").write_text("1 / 0")
    assert main([mine, "--use", "./my_models.py"]) == 2
    assert "my_models.py" in capsys.readouterr().err
