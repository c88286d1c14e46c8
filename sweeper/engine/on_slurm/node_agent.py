"""One node's part of a Ray over a Slurm allocation: `python -m ... HEAD CONTROL`, run by srun.

Starts Ray with exactly the CPUs and GPUs that Slurm gave on this node, at this node's own address,
and ends it when the connection to the launch closes. Slurm sends SIGTERM to every process of a step
before it takes the node away; Ray's processes get none of it, so that trainings can be saved: the
agent passes the warning on to the launch.

Slurm keeps a job (--no-kill) that has lost the node of its batch script, and with it the launch,
until its time limit. So an agent whose connection ends without a word requeues such a job."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from sweeper.errors import EngineError
from sweeper.slurm.allocation import current_allocation
from sweeper.slurm.commands import has_lost_its_script, job_state, node_address, requeue

_RAY = "from ray.scripts.scripts import main; main()"
_STARTED = "Ray runtime started."
_HEAD_TIMEOUT_S = 300.0
_LOSS_TIMEOUT_S = 900.0  # for Slurm to notice that a node is lost: SlurmdTimeout, 300 s by default
_OBJECT_STORE_BYTES = 200_000_000  # nothing large goes through it
GOODBYE = b"end\n"  # of a launch that ends by itself
_BLOCKED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def main(head: str, control: str) -> int:
    name, is_head = os.environ["SLURMD_NODENAME"], os.environ.get("SLURM_NODEID", "0") == "0"
    host, _, port = control.partition(":")
    launch = socket.create_connection((host, int(port)), 60.0)
    launch.settimeout(None)
    _notice_silence(launch)
    ended = threading.Event()  # the launch said that it ends

    def send(line: str) -> None:
        with contextlib.suppress(OSError):
            launch.sendall(f"{line}\n".encode())

    def warn(number: int, frame: FrameType | None) -> None:
        if is_head:  # every node is warned; one message to the launch is enough
            send("warned")

    signal.signal(signal.SIGTERM, warn)
    send(os.environ["RAY_AUTH_TOKEN"])
    folder = _temporary_folder(name)
    try:
        if not is_head and not _is_reachable(head):
            send(f"failed {name}: the head at {head} cannot be reached")
            return 1
        ray = _start(_options(name, head, folder, is_head=is_head))
        threading.Thread(target=_report, args=(ray, name, send), daemon=True).start()
        threading.Thread(target=_end_with, args=(ray, launch, ended), daemon=True).start()
        ray.wait()
        if not is_head and not ended.is_set():
            _requeue_without_script(os.environ["SLURM_JOB_ID"])
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options(name: str, head: str, folder: Path, *, is_head: bool) -> list[str]:
    allocation = current_allocation()
    assert allocation is not None, "srun runs this"
    here = node_address(name)
    place = [f"--port={head.rpartition(':')[2]}", "--include-dashboard=false"]
    place += [f"--ray-client-server-port={_free_port(here)}"]
    return [
        *(["--head", *place] if is_head else [f"--address={head}"]),
        f"--node-ip-address={here}",
        f"--num-cpus={allocation.cpus}",
        f"--num-gpus={allocation.gpus}",
        f"--temp-dir={folder}",
        f"--object-store-memory={_OBJECT_STORE_BYTES}",
        # The usual ports may be taken by another job on the same machine.
        f"--dashboard-agent-listen-port={_free_port(here)}",
        "--min-worker-port=0",
        "--max-worker-port=0",
        "--disable-usage-stats",
    ]


def _start(options: list[str]) -> "subprocess.Popen[str]":
    """Ray's processes inherit the mask of signals."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _RAY, "start", "--block", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)


def _report(ray: "subprocess.Popen[str]", name: str, send) -> None:  # type: ignore[no-untyped-def]
    """Sends that Ray has started, or its last line where it has not."""
    last, has_started = "it printed nothing", False
    assert ray.stdout is not None
    for line in ray.stdout:
        last = line.strip() or last
        if _STARTED in line:
            has_started = True
            send(f"ready {name}")
    if not has_started:
        send(f"failed {name}: {last}")


def _notice_silence(launch: socket.socket) -> None:
    """A node that is switched off closes no connection: after a minute without any answer from it,
    the connection ends here."""
    launch.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            launch.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _requeue_without_script(job: str) -> None:
    """Requeues a job once it has lost its batch script. A controller that does not answer is asked
    again. Returns when there is nothing to do: the job has ended, as after a launch that failed, or
    is no batch job."""
    end = time.monotonic() + _LOSS_TIMEOUT_S
    while time.monotonic() < end:
        with contextlib.suppress(EngineError):
            if not job_state(job).is_active or (lost := has_lost_its_script(job)) is None:
                return
            if lost:
                requeue(job)
                return
        time.sleep(5.0)


def _end_with(ray: "subprocess.Popen[str]", launch: socket.socket, ended: threading.Event) -> None:
    """Ends Ray once the launch has closed the connection, or has died."""
    with contextlib.suppress(OSError):
        while words := launch.recv(1024):
            if words == GOODBYE:
                ended.set()
    import psutil

    victims = [psutil.Process(ray.pid)]
    with contextlib.suppress(psutil.NoSuchProcess):
        victims += victims[0].children(recursive=True)
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()


def _is_reachable(head: str) -> bool:
    host, _, port = head.partition(":")
    end = time.monotonic() + _HEAD_TIMEOUT_S
    while time.monotonic() < end:
        try:
            socket.create_connection((host, int(port)), 5.0).close()
            return True
        except OSError:
            time.sleep(0.5)
    return False


def _temporary_folder(name: str) -> Path:
    """A folder of this job and node, private to the user. Its path is short, as the names of
    sockets below it have a limit of 107 characters; /tmp/ray belongs to the user who created it."""
    folder = Path("/tmp", f"sw{os.environ['SLURM_JOB_ID']}-{name[-16:]}-{os.getpid()}")
    folder.mkdir(mode=0o700)
    return folder


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
