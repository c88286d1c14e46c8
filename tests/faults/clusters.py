"""Ray clusters on one machine: every node a process group with a loopback address of its own."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.faults.sweeps import ROOT

RAY = [sys.executable, "-c", "from ray.scripts.scripts import main; main()"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def kill_at_once(victims: Iterable[psutil.Process]) -> None:
    """No victim runs on to see that another one is dead."""
    victims = list(victims)
    for action in (psutil.Process.suspend, psutil.Process.kill):
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                action(victim)


class Cluster:
    """A head without CPUs, and nodes that join and go. Everything asks for one token.

    addresses: what the nodes' addresses begin with; the head's ends in 0."""

    def __init__(self, folder: Path, addresses: str = "127.0.0.1") -> None:
        self.folder, self.addresses = folder, addresses
        folder.mkdir()
        self.port, self.dashboard = free_port(), free_port()
        # Ray takes 127.0.0.1 for "this machine, outwards"; any other loopback address stays.
        self.address = f"{addresses}0:{self.port}"
        self.environment = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_health_check_initial_delay_ms": "1000",
            "RAY_health_check_period_ms": "1000",
            "OMP_NUM_THREADS": "1",
            # A job's command is run by the `python` of the head's path.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self.processes: list[subprocess.Popen] = []
        # Short, as the names of sockets below it have a limit of 107 characters.
        self.session = Path(tempfile.mkdtemp(prefix="sw"))

    def head(self) -> "Cluster":
        options = ["--head", f"--node-ip-address={self.addresses}0", f"--port={self.port}"]
        options.append("--num-cpus=0")
        options += [f"--dashboard-port={self.dashboard}", "--dashboard-host=127.0.0.1"]
        options.append(f"--temp-dir={self.session}")
        self._start("head", options)
        self.wait_for_nodes(0)
        return self

    def wait_for_nodes(self, count: int) -> None:
        """Returns when so many nodes besides the head have joined."""
        request = urllib.request.Request(f"{self.jobs}/api/v0/nodes")
        request.add_header("Authorization", f"Bearer {self.environment['RAY_AUTH_TOKEN']}")
        end = time.monotonic() + 90
        while time.monotonic() < end:
            with contextlib.suppress(OSError, KeyError, TypeError):
                with urllib.request.urlopen(request) as answer:
                    found = json.load(answer)["data"]["result"]["result"]
                if sum(node["state"] == "ALIVE" for node in found) == count + 1:
                    return
            time.sleep(0.2)
        raise AssertionError("\n".join(self.log(process.node) for process in self.processes))

    @property
    def jobs(self) -> str:
        return f"http://127.0.0.1:{self.dashboard}"

    def node(
        self,
        number: int,
        *options: str,
        code: bool = True,
        within: tuple[str, ...] = (),
        **environment: str,
    ):
        """Another node, at an address of its own. code: whether it has this package.
        within: a command that runs it elsewhere."""
        place = f"--node-ip-address={self.addresses}{number}"
        return self._start(
            f"node{number}",
            [f"--address={self.address}", place, *options],
            code=code,
            within=within,
            environment=environment,
        )

    def without_code(self) -> tuple[str, ...]:
        """A command that runs a node where this package's folders hold no code, as on a machine
        where it is not installed. Workers would find it otherwise: their search path begins with
        the driver's folder."""
        hidden = self._without_code()
        mounts = [f"mount --bind {path} {ROOT / path.name}" for path in sorted(hidden.iterdir())]
        script = " && ".join([*mounts, 'exec "$@"'])
        return ("unshare", "--mount", "sh", "-c", script, "sh")

    def _without_code(self) -> Path:
        """A folder that hides this package from Python, as if it were not installed."""
        hidden = self.folder / "hidden"
        for name in ("sweeper", "trainers", "search_spaces"):
            (hidden / name).mkdir(parents=True, exist_ok=True)
            text = f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n"
            (hidden / name / "__init__.py").write_text(text)
        return hidden

    def _start(self, name, options, *, code=True, within=(), environment=None):
        command = [*within, *RAY, "start", "--block", "--disable-usage-stats", *options]
        # Two nodes of one machine cannot both have the usual port; without one there are no jobs.
        command.append(f"--dashboard-agent-listen-port={free_port()}")
        paths = {"PYTHONPATH": str(ROOT if code else self._without_code())}
        with (self.folder / f"{name}.txt").open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | self.environment | paths | (environment or {}),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.node = name
        self.processes.append(process)
        return process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.txt").read_text()

    def kill(self, process) -> None:
        """The whole node at once, as when a machine is switched off."""
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(process.pid)
            kill_at_once([first, *first.children(recursive=True)])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                self.kill(process)
        shutil.rmtree(self.session, ignore_errors=True)
