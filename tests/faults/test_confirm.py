"""A confirmation that is killed: the same command ends it, and nothing is trained twice."""

import os
import signal

import pytest

from tests.faults.sweeps import TINY, Sweep, stored

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

GRID = TINY | {
    "axes": TINY["axes"] | {"learning_rate": [1e-3, 1e-4], "iterations": 40},
    "select": {"min_active": 0},  # forty steps leave no latent active
}


class Confirmation(Sweep):
    """`sweeper confirm` in place of `sweeper launch`."""

    def command(self, *arguments: str) -> list[str]:
        if arguments[0] == "launch":
            arguments = ("confirm", *arguments[1:], "--first", "2", "--seeds", "3", "--yes")
        return super().command(*arguments)


def test_a_confirmation_that_is_killed_twice_ends_as_an_undisturbed_one(tmp_path) -> None:
    whole = Sweep(tmp_path / "whole", GRID, "--engine", "local")
    assert whole.launch() == 0, whole.output
    assert Confirmation(whole.folder, GRID, "--engine", "local").launch() == 0
    killed = Sweep(tmp_path / "killed", GRID, "--engine", "local")
    assert killed.launch() == 0, killed.output
    again = Confirmation(killed.folder, GRID, "--engine", "local")
    for records in (killed.records() + 2, killed.records() + 5):
        with again.started() as process:
            again.wait_for(process, lambda count=records: again.records() >= count)
            os.killpg(process.pid, signal.SIGKILL)
    assert again.launch(600.0) == 0, again.output
    assert "Winners of grid by CbD on fresh seeds" in again.output
    assert stored(killed.folder) == stored(whole.folder)
    before = again.records()
    assert again.launch() == 0 and again.records() == before
