"""Starts Ray on every node of an allocation, by one step of Slurm.

`ray symmetric-run` is not used: it ends with `ray stop`, which ends every Ray of the user on the
node, also that of another job; it waits 30 s for the nodes and fails; and it does not survive the
SIGTERM with which Slurm announces a preemption.

The launch keeps a connection to the agent on each node (`node_agent`). An agent reports that its
Ray runs, or why not; when the connection closes, because the launch has ended in whatever way, the
agent ends its Ray. Before it closes them itself, the launch says so."""

import contextlib
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from sweeper.engine.on_slurm.node_agent import GOODBYE
from sweeper.errors import EngineError
from sweeper.slurm.allocation import Allocation
from sweeper.slurm.commands import node_address

_START_TIMEOUT_S = 300.0  # for the head; the other nodes have the same time from then on
_TOKEN = secrets.token_hex(32)  # one per process: Ray reads it once


@contextlib.contextmanager
def ray_on_nodes(allocation: Allocation) -> Iterator[str]:
    """The address of a Ray over the nodes, which ends with the block.

    Raises EngineError where it does not start on this node, the head; nodes that do not join are
    left out, with a line on standard error."""
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.setdefault("RAY_AUTH_TOKEN", _TOKEN)
    here = node_address(os.environ["SLURMD_NODENAME"])
    head = f"{here}:{_free_port(here)}"
    with socket.create_server((here, 0)) as server:
        control = f"{here}:{server.getsockname()[1]}"
        agents = _Agents(server)
        step = subprocess.Popen(
            _step(allocation, head, control),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C of a terminal is for the launch alone
        )
        try:
            agents.wait(allocation.num_nodes, step)
            yield head
        finally:
            agents.close()  # they end their Ray
            _end(step)


def _step(allocation: Allocation, head: str, control: str) -> list[str]:
    """The command that runs an agent on each node, with all that the job has there."""
    count = allocation.num_nodes
    step = ["srun", f"--nodes={count}", f"--ntasks={count}", "--ntasks-per-node=1", "--overlap"]
    step += ["--kill-on-bad-exit=0", "--no-kill", "--unbuffered", "--mpi=none"]
    if allocation.cpus_per_task:  # srun does not take it over from sbatch
        step.append(f"--cpus-per-task={allocation.cpus_per_task}")
    return [*step, sys.executable, "-P", "-m", "sweeper.engine.on_slurm.node_agent", head, control]


class _Agents:
    """Accepts the agents' connections, which stay open until `close`."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._lines: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._closed = False
        threading.Thread(target=self._accept, name="slurm-agents", daemon=True).start()

    def wait(self, num_nodes: int, step: subprocess.Popen[bytes]) -> None:
        """Returns when the head's Ray runs, and those of the others have joined or are late."""
        ready: set[str] = set()
        end = time.monotonic() + _START_TIMEOUT_S
        while len(ready) < num_nodes and time.monotonic() < end and step.poll() is None:
            with contextlib.suppress(queue.Empty):
                kind, _, text = self._lines.get(timeout=1.0).partition(" ")
                if kind == "ready":
                    ready.add(text)
                elif kind == "failed":
                    print(f"Ray does not start on node {text}", file=sys.stderr)
                    num_nodes -= 1
                if kind in ("ready", "failed") and text.split(":")[0] == _head_name():
                    end = time.monotonic() + _START_TIMEOUT_S
                    if kind == "failed":
                        break
        if _head_name() not in ready:
            raise EngineError(
                f"Ray has not started on {_head_name()} within {_START_TIMEOUT_S:.0f} s"
                if step.poll() is None
                else f"srun ended with exit code {step.returncode} before Ray was started"
            )
        if len(ready) < num_nodes:
            print(f"Ray runs on {len(ready)} of {num_nodes} nodes only", file=sys.stderr)

    def close(self) -> None:
        """Says to all agents that the launch ends, also to those that connect later."""
        with self._lock:
            self._closed = True
        for connection in self._connections:
            _close(connection)

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            if not self._closed:
                self._connections.append(connection)
                return
        _close(connection)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the server is closed
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._listen, args=(connection,), daemon=True).start()

    def _listen(self, connection: socket.socket) -> None:
        connection.settimeout(10.0)
        with contextlib.suppress(OSError), connection.makefile("r", encoding="utf-8") as lines:
            if not secrets.compare_digest(lines.readline().strip(), os.environ["RAY_AUTH_TOKEN"]):
                connection.close()
                return
            connection.settimeout(None)
            self._keep(connection)
            for line in lines:
                if line.startswith("warned"):
                    os.kill(os.getpid(), signal.SIGTERM)  # the launch saves and ends
                self._lines.put(line.strip())


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(GOODBYE)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _end(step: subprocess.Popen[bytes]) -> None:
    """Ends the step; the agents have some seconds for that."""
    try:
        step.wait(20.0)
    except subprocess.TimeoutExpired:
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):  # two within a second abort
            step.send_signal(number)
            time.sleep(0.2)
        step.wait()


def _head_name() -> str:
    return os.environ["SLURMD_NODENAME"]


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])
