"""The stack of compose.yaml in a real engine, by the commands of docs/howto/docker.md."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.docker.engine import PATH, Engine
from tests.docker.places import DOCKER, ROOT, tool

WAIT_S = 600.0  # how long anything may take on a busy machine
TABLE = "Grid tiny"
GRID = """
datasets: dsprites
models: [vae, l_vae]
axes: {batch_size: 4, learning_rate: [1e-3, 2e-3], iterations: [300, 600], network: cnn}
evaluation: {num_points: 100, measures: [cbd]}
resources: {cpu: 1, checkpoint_every_s: 1}
select: {min_active: 0}
"""
FILE = ("-f", "docker/compose.yaml")


class Stack:
    """A clone's folders docker/ and grids/ with fresh secrets, on an engine with a network."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.program = tool("docker-compose")
        shutil.copytree(DOCKER, folder / "docker", ignore=shutil.ignore_patterns(".env"))
        (folder / "grids").mkdir()
        (folder / "grids" / "tiny.yaml").write_text(GRID, encoding="utf-8")
        subprocess.run(["sh", "docker/new_env.sh"], cwd=folder, check=True, capture_output=True)
        env = folder / "docker" / ".env"
        self.secrets = dict(line.split("=") for line in env.read_text().splitlines())
        with env.open("a") as file:
            file.write("WORKERS=2\nWORKER_CPUS=1\n")
        self.clean = {"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8"}

    def compose(self, *arguments: str, timeout_s: float = WAIT_S) -> str:
        """`docker compose -f docker/compose.yaml ARGUMENTS`; its output."""
        done = subprocess.run(
            [self.program, *FILE, *arguments],
            cwd=self.folder,
            env=self.clean | {"DOCKER_HOST": self.engine.host},
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, f"{arguments}:\n{done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout

    def logs(self) -> str:
        """The last lines of every container, for the message of a failed test."""
        names = self.engine("ps", "--all", "--format", "{{.Names}}").stdout.split()
        found = [(name, self.engine("logs", "--tail", "15", name, check=False)) for name in names]
        return "\n".join(f"== {name}\n{done.stdout}{done.stderr}" for name, done in found)

    def exec(self, service: str, *command: str, number: int = 1) -> str:
        """Output of a command in a container of a service, whatever its exit code."""
        done = self.engine("exec", f"sweeper-{service}-{number}", *command, check=False)
        return done.stdout + done.stderr

    def containers(self) -> dict[str, Any]:
        """{name: what `docker inspect` says of it}, also of those that ended."""
        names = self.engine("ps", "--all", "--format", "{{.Names}}").stdout.split()
        return {name: json.loads(self.engine("inspect", name).stdout)[0] for name in names}

    def crash(self, pid: int) -> None:
        """SIGKILL to a process by its id among the engine's processes."""
        enter = f"--pid=/proc/{self.engine.pid}/ns/pid_for_children"
        subprocess.run(["nsenter", enter, "sh", "-c", f"kill -9 {pid}"], check=True)

    def on_host(self, *command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """A command with the network of the machine that the engine runs on."""
        return subprocess.run(
            ["nsenter", f"--net=/proc/{self.engine.pid}/ns/net", *command],
            cwd=ROOT,
            env=self.clean
            | {
                "MLFLOW_TRACKING_USERNAME": "sweeper",
                "MLFLOW_TRACKING_PASSWORD": self.secrets["MLFLOW_PASSWORD"],
                "MLFLOW_DISABLE_TELEMETRY": "true",
            },
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=check,
        )

    def wait_until(self, condition: Callable[["Stack"], bool]) -> None:
        end = time.monotonic() + WAIT_S
        while not condition(self):
            assert time.monotonic() < end, self.logs()
            time.sleep(1)

    def taken(self, archive: str) -> Any:
        """What tests.docker.read_back reads on 127.0.0.1; then the experiments are archived."""
        script = [sys.executable, "-m", "tests.docker.read_back", "http://127.0.0.1:5000", archive]
        done = self.on_host(*script, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Launch:
    """`docker compose run --rm sweep grids/tiny.yaml`, with a folder of the store of its own."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack, self.name = stack, name
        self.log = stack.folder / f"{name}.log"
        arguments = ["run", "--rm", "-T", "sweep", "grids/tiny.yaml", "--store", f"/store/{name}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [stack.program, *FILE, *arguments],
                cwd=stack.folder,
                env=stack.clean | {"DOCKER_HOST": stack.engine.host},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def table(self) -> str:
        """The printed table and the notes below it."""
        return self.output[self.output.rindex(TABLE) :]

    def stored(self, pattern: str) -> bool:
        found = self.stack.exec("head", "sh", "-c", f"ls -d /store/{self.name}/{pattern}")
        return "No such file" not in found

    def wait_for(self, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_S
        while not ready():
            running = self.process.poll() is None and time.monotonic() < end
            assert running, f"{self.output}\n{self.stack.logs()}"
            time.sleep(0.5)

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(WAIT_S)
