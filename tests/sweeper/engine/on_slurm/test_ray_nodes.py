"""The connection between a launch and the agents on its nodes, without Slurm and Ray."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from sweeper.engine.on_slurm import node_agent, ray_nodes
from sweeper.errors import EngineError
from sweeper.slurm.allocation import Allocation
from sweeper.slurm.commands import JobState

# As `node_agent` does: it reports, then waits for the end of the connection.
AGENT = """
import os, socket, sys
host, _, port = sys.argv[2].partition(":")
connection = socket.create_connection((host, int(port)))
for line in sys.argv[3:]:
    connection.sendall((line + "\\n").encode())
received = b""
while part := connection.recv(100):
    received += part
open(os.environ["ENDED"], "a").write(received.decode() + "ended\\n")
"""


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Starts a Ray over two nodes with agents that send these lines."""
    monkeypatch.setenv("SLURMD_NODENAME", "n1")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("ENDED", str(tmp_path / "ended"))
    monkeypatch.setattr(ray_nodes, "node_address", lambda node: "127.0.0.1")
    monkeypatch.setattr(ray_nodes, "_START_TIMEOUT_S", 60.0)

    def start(*lines, token=None):
        token = token or os.environ["RAY_AUTH_TOKEN"]
        monkeypatch.setattr(
            ray_nodes,
            "_step",
            lambda allocation, head, control: [
                *(sys.executable, "-c", AGENT, head, control, token, *lines)
            ],
        )
        return ray_nodes.ray_on_nodes(Allocation("7", 2, 1, 0))

    return start


def test_the_launch_goes_ahead_when_both_nodes_are_ready(started, tmp_path):
    with started("ready n1", "ready n2") as address:
        host, _, port = address.partition(":")
        assert host == "127.0.0.1" and int(port) > 0
        assert not (tmp_path / "ended").exists()
    assert (tmp_path / "ended").read_text() == "end\nended\n"  # by the end of the connection


def test_a_node_that_fails_is_left_out(started, capsys):
    with started("ready n1", "failed n2: no space"):
        pass
    assert "Ray does not start on node n2: no space" in capsys.readouterr().err


def test_without_the_head_there_is_no_launch(started):
    with pytest.raises(EngineError, match="n1"), started("failed n1: no space", "ready n2"):
        pass


def test_a_step_that_ends_is_an_error(started, monkeypatch):
    context = started()
    monkeypatch.setattr(ray_nodes, "_step", lambda *_: [sys.executable, "-c", "exit(3)"])
    with pytest.raises(EngineError, match="exit code 3"), context:
        pass


def test_a_connection_without_the_token_is_closed(started, monkeypatch):
    monkeypatch.setattr(ray_nodes, "_START_TIMEOUT_S", 1.0)
    with pytest.raises(EngineError, match="has not started|exit code"):
        with started("ready n1", "ready n2", token="wrong"):
            pass


def test_an_agent_that_connects_when_the_launch_has_ended_is_told_so(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        agents = ray_nodes._Agents(server)
        agents.close()
        with socket.create_connection(server.getsockname(), timeout=30) as connection:
            connection.sendall(b"secret\n")
            received = b"".join(iter(lambda: connection.recv(100), b""))
    assert received == node_agent.GOODBYE


def test_a_warning_reaches_the_launch_as_sigterm(started):
    caught = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: caught.set())
    try:
        with started("ready n1", "ready n2", "warned"):
            assert caught.wait(30)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_slurm_gets_one_task_per_node_with_all_its_cpus():
    words = ray_nodes._step(Allocation("7", 3, 1, 0, "16"), "h:1", "h:2")
    assert {"--nodes=3", "--ntasks=3", "--ntasks-per-node=1", "--cpus-per-task=16"} <= set(words)
    assert words[-2:] == ["h:1", "h:2"]
    assert not any("token" in word for word in words)


@contextlib.contextmanager
def _listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_an_agent_that_cannot_reach_the_launch_ends():
    with _listening() as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "sweeper.engine.on_slurm.node_agent", "h:1"]
    environment = os.environ | {"SLURMD_NODENAME": "n1"}
    done = subprocess.run(
        [*command, f"127.0.0.1:{port}"], env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 1 and b"refused" in done.stderr


class Controller:
    """Slurm's answers about a job that loses the node of its script at the second look."""

    def __init__(self, monkeypatch, *, states):
        self.requeued, self.looks, self._states = [], 0, states
        monkeypatch.setattr(node_agent, "has_lost_its_script", self.look)
        monkeypatch.setattr(node_agent, "job_state", lambda job: JobState(job, self._states[0]))
        monkeypatch.setattr(node_agent, "requeue", self.requeued.append)
        monkeypatch.setattr(node_agent.time, "sleep", lambda s: self._states.pop(0))

    def look(self, job):
        self.looks += 1
        return self.looks > 1


def test_a_job_that_lost_the_node_of_its_script_is_requeued_once(monkeypatch):
    slurm = Controller(monkeypatch, states=["RUNNING", "RUNNING", "RUNNING"])
    node_agent._requeue_without_script("7")
    assert slurm.requeued == ["7"] and slurm.looks == 2


def test_a_job_that_ended_is_not_requeued(monkeypatch):
    slurm = Controller(monkeypatch, states=["RUNNING", "FAILED"])
    node_agent._requeue_without_script("7")
    assert slurm.requeued == [] and slurm.looks == 1


def test_an_interactive_job_is_left_alone(monkeypatch):
    slurm = Controller(monkeypatch, states=["RUNNING"])
    monkeypatch.setattr(node_agent, "has_lost_its_script", lambda job: None)
    node_agent._requeue_without_script("7")
    assert slurm.requeued == []


def test_a_controller_that_does_not_answer_is_asked_again(monkeypatch):
    slurm = Controller(monkeypatch, states=["RUNNING", "RUNNING", "RUNNING", "RUNNING"])
    silent = ["Unable to contact slurm controller", "scontrol has not answered within 60 s"]

    def look(job):
        if silent:
            raise EngineError(silent.pop())
        return True

    monkeypatch.setattr(node_agent, "has_lost_its_script", look)
    node_agent._requeue_without_script("7")
    assert slurm.requeued == ["7"] and not silent
