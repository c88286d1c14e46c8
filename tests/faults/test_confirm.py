"""A confirmation that is killed while Ray trains its fresh seeds: the same command ends it as if
nothing had happened, nothing is trained twice, and its price was that of what it trained."""

import json
import os
import random
import re
import signal
import time
from dataclasses import dataclass

import pytest

from tests.faults.sweeps import PACED, Points, Sweep, stored

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

STEPS = 400
GRID = PACED | {
    "axes": PACED["axes"] | {"learning_rate": [1e-3, 1e-4], "iterations": STEPS},
    "select": {"min_active": 0},  # so few steps leave no latent active
}
# Of each model the winner and its rival, on two fresh seeds, or three where the order is open.
CONFIRM = ("confirm", "grid.yaml", "--rivals", "1", "--first", "2", "--seeds", "3")


class Confirmation(Sweep):
    """`sweeper confirm` in place of `sweeper launch`."""

    def command(self, *arguments: str) -> list[str]:
        if arguments[0] == "launch":
            arguments = (*CONFIRM, *arguments[2:], "--yes")
        return super().command(*arguments)

    def record_files(self) -> dict[str, tuple[int, int]]:
        """Inode and time of change of each record, which change where one is written again."""
        files = (self.folder / "sweep_store").glob("trainings/*/milestone-*.npz")
        return {str(file): (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}

    def page(self) -> str:
        """What the last confirmation printed: scores, shrinkage, order of the models, notes."""
        page = self.output[self.output.rindex("Winners of grid by CbD on fresh seeds") :]
        return page[: page.index("docs/winners.md")]


@dataclass(frozen=True)
class Undisturbed:
    """planned: by `--plan` before the start.  rounds: steps that each round printed to be run."""

    page: str
    points: Points
    planned: dict
    rounds: list[int]


def launched_grid(folder) -> Confirmation:
    """Trains the grid itself. Returns what confirms it through Ray."""
    grid = Sweep(folder, GRID, "--engine", "local")
    assert grid.launch() == 0, grid.output
    (folder / "output.txt").unlink()
    return Confirmation(folder, GRID)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Undisturbed:
    sweep = launched_grid(tmp_path_factory.mktemp("undisturbed"))
    planned = json.loads(sweep.run(*CONFIRM, "--plan", "--json").stdout)
    assert sweep.launch(600.0) == 0, sweep.output
    rounds = [
        int(steps.replace(",", "")) for steps in re.findall(r"to run +([\d,]+) steps", sweep.output)
    ]
    return Undisturbed(sweep.page(), stored(sweep.folder), planned, rounds)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_confirmation_that_is_killed_twice_ends_as_an_undisturbed_one(
    undisturbed, tmp_path, seed
):
    sweep, chance = launched_grid(tmp_path), random.Random(seed)
    before = sweep.records()
    for number in (chance.randint(0, 2), chance.randint(3, 5)):
        kill(sweep, before + number, pause_s=chance.uniform(0.0, 1.0))
    done = sweep.record_files()
    assert before < len(done) < len(undisturbed.points)
    assert sweep.launch(600.0) == 0, sweep.output
    assert sweep.page() == undisturbed.page
    assert stored(sweep.folder) == undisturbed.points
    after = sweep.record_files()
    assert {name: after[name] for name in done} == done and len(after) == len(undisturbed.points)
    assert sweep.launch() == 0, sweep.output
    assert sweep.record_files() == after and sweep.page() == undisturbed.page


def kill(sweep: Confirmation, num_records: int, pause_s: float) -> None:
    """Kills a confirmation pause_s after so many records are stored and a training of this
    process has a checkpoint."""
    known = set(sweep.checkpoints())
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= num_records)
        sweep.wait_for(process, lambda: set(sweep.checkpoints()) - known)
        time.sleep(pause_s)
        assert process.poll() is None, sweep.output
        os.kill(process.pid, signal.SIGKILL)


def test_the_order_and_the_shrinkage_are_printed(undisturbed):
    assert re.search(r"dsprites: the order of the models (stands|does not stand)", undisturbed.page)
    assert re.search(r"Mean shrinkage of the winners: [+-]0\.\d{3}", undisturbed.page)


def test_the_price_is_within_a_quarter_of_the_steps_that_were_trained(undisturbed):
    """Trained are the runs beyond the grid's four, each from its first step."""
    trained = STEPS * (len(undisturbed.points) - 4)
    priced = sum(undisturbed.rounds)
    assert abs(priced - trained) <= 0.25 * trained
    first, most = (undisturbed.planned[name]["steps_to_run"] for name in ("next", "most"))
    assert first == undisturbed.rounds[0] and first <= trained <= most
