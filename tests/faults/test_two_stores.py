"""Two launches at once on one MLflow server, with different sweep stores: nothing twice."""

import contextlib
import signal

import pytest

from tests.faults.sweeps import TINY, Sweep, stored
from tests.sweeper.support.mlflow_server import serving

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]


@pytest.fixture
def server(tmp_path):
    with serving(f"sqlite:///{tmp_path}/server.db") as uri:
        yield uri


def launches(tmp_path, uri):
    options = ("--tracking-uri", uri, "--synthetic", "--engine", "local")
    return [Sweep(tmp_path / name, TINY, *options) for name in ("one", "two")]


def test_of_two_that_start_at_once_one_trains_and_nothing_is_doubled(server, tmp_path):
    sweeps = launches(tmp_path, server)
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(sweep.started()) for sweep in sweeps]
        codes = sorted(process.wait(400) for process in processes)
    refused = [sweep for sweep in sweeps if "is training runs of this grid" in sweep.output]
    # One may have ended before the other has planned; then that one trains nothing.
    assert codes == ([0, 2] if refused else [0, 0])
    records = sorted(sweep.records() for sweep in sweeps)
    assert (records[0], records[1]) == (0, len(stored(tmp_path, "server.db")))
    assert all(sweep.launch() == 0 for sweep in refused)  # as its message says
    assert sum(sweep.records() for sweep in sweeps) == len(stored(tmp_path, "server.db"))


def test_a_killed_launch_does_not_block_one_with_another_store(server, tmp_path):
    first, second = launches(tmp_path, server)
    with first.started() as process:
        first.wait_for(process, lambda: first.records() > 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert second.launch() == 0
    assert len(stored(tmp_path, "server.db")) == 4
