"""A container engine and a base image to build on, where none can be pulled.

As root on Debian with docker.io and mmdebstrap an engine is started, and the base is made of
Debian's packages. Elsewhere the tests say in words what is missing."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

WAIT_S = 60.0
PATH = f"{os.environ['PATH']}:/usr/sbin"
BASE = "sweeper-test-base"


# What runs first in the namespaces: folders at fixed paths become the engine's own. Its sockets lie
# there, since a path below pytest's folders may be too long for one.
START = """
mkdir -p /run/containerd /run/docker
mount -t tmpfs none /run/containerd
mount -t tmpfs none /run/docker
{lo}
exec "$0" "$@"
"""


@dataclass(frozen=True)
class Engine:
    """host: where it listens; pid: process whose namespace of the network is the engine's."""

    host: str
    pid: int

    def __call__(
        self, *arguments: str, check: bool = True, timeout_s: float = 300.0
    ) -> "subprocess.CompletedProcess[str]":
        """`docker ARGUMENTS`, output as text."""
        done = subprocess.run(
            ["docker", *arguments],
            env=os.environ | {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert not check or done.returncode == 0, f"docker {arguments}: {done.stdout}{done.stderr}"
        return done


@contextlib.contextmanager
def fair_share() -> Iterator[list[str]]:
    """Options of dockerd. All containers together count as one process to Linux's scheduler, and
    on a busy machine Ray's head then misses its 30 s; with these they count as eight."""
    group = Path(f"/sys/fs/cgroup/cpu/sweeper-tests-{os.getpid()}")
    if not (group.parent / "cpu.shares").exists():  # version 2 of control groups, or none
        yield []
        return
    group.mkdir()
    (group / "cpu.shares").write_text(str(8 * 1024))
    try:
        yield [f"--cgroup-parent=/{group.name}"]
    finally:
        for controller in Path("/sys/fs/cgroup").glob(f"*/{group.name}"):
            for place in [*controller.glob("*/"), controller]:
                with contextlib.suppress(OSError):
                    place.rmdir()


@contextlib.contextmanager
def container_engine(folder: Path, *, own_network: bool) -> Iterator[Engine]:
    """An engine with everything it stores in `folder`, which may hold images of an earlier one.

    It runs in its own namespaces of processes and mounts, so that no container and no mount
    outlives it, however it ends. With `own_network` it also has a network of its own: bridges,
    ports and packet filters that this machine does not see. Without, containers have this
    machine's network or none, and the engine changes nothing in it."""
    missing = [
        name
        for name in ("dockerd", "docker", "mmdebstrap", "iptables", "ip", "unshare", "nsenter")
        if shutil.which(name, path=PATH) is None
    ]
    if missing or os.geteuid() != 0:
        pytest.skip(
            f"needs root and {', '.join(missing or ['root'])} "
            "(Debian: docker.io, mmdebstrap, iptables, iproute2)"
        )
    folder.mkdir(exist_ok=True)
    with fair_share() as share:
        yield from _running(folder, share, own_network)


def _running(folder: Path, share: list[str], own_network: bool) -> Iterator[Engine]:
    socket, pid = folder / "docker.sock", folder / "pidfile"
    for stale in (socket, pid):
        stale.unlink(missing_ok=True)
    places = [f"--{name}={folder / name}" for name in ("data-root", "pidfile")]
    network = [] if own_network else ["--bridge=none", "--iptables=false", "--ip-forward=false"]
    inside = START.format(lo="ip link set lo up" if own_network else ":")
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += ["--net"] if own_network else []
    command += [
        "sh",
        "-euc",
        inside,
        str(shutil.which("dockerd", path=PATH)),
        *places,
        *network,
        *share,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-H", f"unix://{socket}"],
            stdout=log,
            stderr=log,
            env=os.environ | {"PATH": PATH},
        )
    engine, end = Engine(f"unix://{socket}", process.pid), time.monotonic() + WAIT_S
    try:
        while not socket.exists() or engine("info", check=False).returncode:
            if process.poll() is not None or time.monotonic() > end:
                lines = (folder / "log").read_text().splitlines()
                pytest.skip(f"dockerd cannot run here: {lines[-1] if lines else 'no output'}")
            time.sleep(0.5)
        yield engine
    finally:
        try:
            if process.poll() is None:
                for dockerd in psutil.Process(process.pid).children():
                    dockerd.terminate()  # it ends its containers
            process.wait(60)
        finally:
            process.kill()  # and, by --kill-child, every process of the namespace


def make_base(engine: Engine, folder: Path) -> None:
    """Image BASE: Debian with Python, and this machine's certificates and settings of pip."""
    packages = "python3,python3-venv,ca-certificates"
    archive = folder / "base.tar"
    command = ["mmdebstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(archive)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    engine("import", str(archive), f"{BASE}:debian")
    archive.unlink()
    lines = [f"FROM {BASE}:debian", "RUN ln -s python3 /usr/bin/python"]
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.exists():
        shutil.copy(certificates, folder / "certificates")
        lines.append(f"COPY certificates {certificates}")
    lines.append("COPY pip.conf /etc/pip.conf")
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    engine("build", "--tag", BASE, str(folder))


@contextlib.contextmanager
def pip_settings(folder: Path) -> Iterator[None]:
    """pip.conf in `folder`: wheels that this machine's pip finds in a local folder are served to
    builds on the host's network."""
    lines = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt"]
    wheels = os.environ.get("PIP_FIND_LINKS", "")
    server = None
    if Path(wheels).is_absolute() and Path(wheels).is_dir():
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=wheels)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        lines += [f"find-links = {address}", "trusted-host = 127.0.0.1"]
    (folder / "pip.conf").write_text("\n".join(lines) + "\n")
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()
