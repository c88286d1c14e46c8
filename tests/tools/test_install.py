"""tools/install.py: which build of PyTorch is chosen, and what happens without uv's index."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load():
    spec = importlib.util.spec_from_file_location("install", ROOT / "tools" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INSTALL = load()


@pytest.mark.parametrize(
    ("wanted", "system", "gpu", "backend"),
    [
        ("auto", "Linux", False, "cpu"),
        ("auto", "Linux", True, "auto"),
        ("auto", "Darwin", False, "pip"),
        ("cu126", "Linux", False, "cu126"),
        ("pip", "Linux", True, "pip"),
    ],
)
def test_the_build_follows_from_the_machine_or_the_option(wanted, system, gpu, backend):
    found, why = INSTALL.torch_backend(wanted, system, gpu)
    assert found == backend and why


def test_pip_installs_torch_where_uv_cannot(monkeypatch, tmp_path, capsys):
    commands = []
    monkeypatch.setattr(INSTALL, "torch_by_uv", lambda *_: False)
    monkeypatch.setattr(INSTALL, "must", commands.append)
    INSTALL.install_torch(tmp_path, "cpu")
    assert commands[0][-1] == "torch" and "pip" in commands[0]
    assert "several gigabytes" in capsys.readouterr().out


def test_uv_gets_the_backend_and_the_constraints(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(INSTALL.shutil, "which", lambda _: "/bin/uv")
    monkeypatch.setattr(INSTALL, "run", lambda command, **_: commands.append(command) or True)
    INSTALL.install_torch(tmp_path, "cpu")
    text = " ".join(commands[0])
    assert "--torch-backend cpu" in text and "--constraint" in text


def test_steps_show_time_and_disk(tmp_path, capsys):
    steps = INSTALL.Steps(tmp_path, 1)
    steps.run("a file", lambda: (tmp_path / "a").write_bytes(b"0" * 20_000_000))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[1/1] a file ..."
    assert lines[1].endswith("0.02 GB on disk") and " s, " in lines[1]


def test_the_versions_are_those_of_the_project():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    oldest, unsupported = INSTALL.OLDEST, INSTALL.FIRST_UNSUPPORTED
    expected = f">={oldest[0]}.{oldest[1]},<{unsupported[0]}.{unsupported[1]}"
    assert f'requires-python = "{expected}"' in text


def test_a_working_environment_is_kept_and_a_broken_one_made_again(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(INSTALL, "must", commands.append)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    (tmp_path / "pyvenv.cfg").touch()
    python.symlink_to(sys.executable)
    INSTALL.make_environment(tmp_path)
    assert [command[2] for command in commands] == ["pip"]
    python.unlink()
    python.symlink_to("/bin/false")
    INSTALL.make_environment(tmp_path)
    assert commands[1][2:4] == ["venv", "--clear"]


def test_a_folder_that_is_no_environment_is_never_cleared(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(INSTALL, "must", commands.append)
    (tmp_path / "mine.txt").touch()
    INSTALL.make_environment(tmp_path)
    assert "--clear" not in commands[0]
