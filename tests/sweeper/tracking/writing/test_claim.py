"""Of two launches on one MLflow store, with two sweep stores, one trains; the other is refused."""

import json
import socket
import subprocess
import sys
import threading

import pytest

from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.writing import claim as module
from sweeper.tracking.writing.claim import Claim, ClaimedError


@pytest.fixture(scope="module")
def uri(tmp_path_factory, empty_database):
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    path.write_bytes(empty_database.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(autouse=True)
def short_times(monkeypatch, uri):
    monkeypatch.chdir(uri.removeprefix("sqlite:///").rpartition("/")[0])
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(module, "STALE_S", 0.5)
    monkeypatch.setattr(module, "_POLL_S", 0.05)


@pytest.fixture
def client(uri):
    found = open_client(uri)
    yield found
    for run in found.search_runs(["0"]):
        found.delete_run(run.info.run_id)


def launch(client, grid, *run_ids):
    """A launch's MLflow run, whose plan asks for these runs."""
    tags = {layout.KIND: layout.KIND_LAUNCH, layout.GRID: grid, layout.GRID_ID: grid}
    run = client.create_run("0", tags=tags).info.run_id
    client.log_dict(run, {"cells": [{"run_id": found} for found in run_ids]}, layout.PLAN)
    return run


def claims(client, run):
    tags = client.get_run(run).data.tags
    return [json.loads(text) for key, text in tags.items() if key.startswith(layout.CLAIM_PREFIX)]


def about(**changes):
    held = {"state": "held", "host": "elsewhere", "pid": 1, "started": 0.0, "store": "x", "beat": 3}
    return json.dumps(held | changes)


@pytest.mark.parametrize("first_grid", ["same", "other"])
def test_a_launch_of_the_same_runs_is_refused_and_names_the_first(client, uri, first_grid):
    first = launch(client, first_grid, "a", "b")
    second = first if first_grid == "same" else launch(client, "same", "b", "c")
    held = Claim(uri, first, "/first")
    held.acquire({"a", "b"})
    with pytest.raises(ClaimedError, match=f"launch of {first_grid} .process .* on .*/?mlflow.db"):
        Claim(uri, second, "/second").acquire({"b", "c"})
    assert [found["state"] for found in claims(client, first)] == ["held"]
    held.release()
    Claim(uri, second, "/second").acquire({"b", "c"})


def test_a_launch_of_other_runs_is_not_refused(client, uri):
    Claim(uri, launch(client, "one", "a"), "/first").acquire({"a"})
    Claim(uri, launch(client, "two", "b"), "/second").acquire({"b"})


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return {"host": socket.gethostname(), "pid": process.pid}


@pytest.mark.parametrize(
    "dead",
    [
        lambda: {"store": f"{socket.gethostname()}:/own"},  # this launch holds that store's lock
        ended_process,
        lambda: {},  # on another machine: it sends no heartbeats
        lambda: {"state": "pending"},
    ],
)
def test_the_claim_of_a_killed_launch_is_removed(client, uri, dead):
    run = launch(client, "grid", "a")
    client.set_tag(run, f"{layout.CLAIM_PREFIX}0", about(**dead()))
    Claim(uri, run, "/own").acquire({"a"})
    assert [found["pid"] for found in claims(client, run)] != [1]
    assert len(claims(client, run)) == 1


def test_a_launch_on_another_machine_that_sends_heartbeats_has_precedence(client, uri, monkeypatch):
    monkeypatch.setattr(module, "STALE_S", 60.0)
    run, stop = launch(client, "grid", "a"), threading.Event()

    def beat():
        count = 0
        while not stop.wait(0.05):
            count += 1
            client.set_tag(run, f"{layout.CLAIM_PREFIX}0", about(beat=count))

    client.set_tag(run, f"{layout.CLAIM_PREFIX}0", about())
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(ClaimedError, match="process 1 on elsewhere"):
            Claim(uri, run, "/own").acquire({"a"})
    finally:
        stop.set()
        thread.join()


def test_of_four_that_start_at_once_one_trains(client, uri):
    run, outcomes, together = launch(client, "grid", "a"), [], threading.Barrier(4)

    def start(number):
        claim = Claim(uri, run, f"/store{number}")
        together.wait()
        try:
            claim.acquire({"a"})
            outcomes.append("trains")
        except ClaimedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 3 + ["trains"]
