"""Stand-ins for Slurm's commands, which record how they were called."""

import pytest


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    """Makes a command of Slurm from shell code; a function that reads the calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    calls = tmp_path / "calls"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def make(name, code="true"):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >> {calls}\n{code}\n')
        path.chmod(0o755)

    def read():
        return calls.read_text().splitlines() if calls.exists() else []

    make.calls = read
    return make
