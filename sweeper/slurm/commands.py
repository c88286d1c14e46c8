"""Slurm's own commands, with errors in one line."""

import re
import socket
import subprocess
from dataclasses import dataclass

from sweeper.errors import EngineError

_TIMEOUT_S = 60.0
ACTIVE = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "SUSPENDED", "STOPPED")


@dataclass(frozen=True)
class JobState:
    """A job as the controller lists it. state: in Slurm's words, 'unknown' for a job that it no
    longer lists.  reason: why it is pending.  exit_code: of a job that has ended."""

    job: str
    state: str = "unknown"
    reason: str = ""
    nodes: str = ""
    run_time: str = ""
    time_limit: str = ""
    restarts: int = 0
    exit_code: int | None = None

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    def line(self) -> str:
        """'Slurm job 12: RUNNING on n[1-2] for 00:10:00 of 12:00:00, restarted 2 times'."""
        text = f"Slurm job {self.job}: {self.state}"
        if self.state == "RUNNING":
            text += f" on {self.nodes} for {self.run_time} of {self.time_limit}"
        elif self.state == "PENDING" and self.reason:
            text += f" ({self.reason})"
        times = "once" if self.restarts == 1 else f"{self.restarts} times"
        return text + (f", restarted {times}" if self.restarts else "")


def run(*command: str, text: str | None = None) -> str:
    """The output of a command of Slurm. Raises EngineError with what it says."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except FileNotFoundError:
        raise EngineError(
            f"{command[0]}: not found. Run this on a machine from which Slurm jobs are submitted"
        ) from None
    except subprocess.TimeoutExpired:
        raise EngineError(f"{command[0]} has not answered within {_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise EngineError(f"{command[0]}: {lines[-1]}")
    return done.stdout


def submit(script: str) -> str:
    """Submits a batch script. Returns the job's id."""
    return run("sbatch", "--parsable", text=script).strip().split(";")[0]


def job_state(job: str) -> JobState:
    """The state of a job. Raises EngineError where the controller does not answer."""
    try:
        text = run("scontrol", "show", "job", "--oneliner", job)
    except EngineError as error:
        if "Invalid job id" in str(error):
            return JobState(job)
        raise
    found = dict(re.findall(r"(\w+)=(\S*)", text))
    code, _, signal = found.get("ExitCode", "0:0").partition(":")
    state = found.get("JobState", "unknown")
    return JobState(
        job,
        state,
        found.get("Reason", "").removeprefix("None"),
        found.get("NodeList", "").removeprefix("(null)"),
        found.get("RunTime", ""),
        found.get("TimeLimit", ""),
        int(found.get("Restarts", 0)),
        None if state in ACTIVE else int(code) or (128 + int(signal or 0) if signal != "0" else 0),
    )


def has_lost_its_script(job: str) -> bool | None:
    """Whether the node of a job's batch script is no longer one of the job's; None for a job that
    never had a batch script. Raises EngineError."""
    found = dict(re.findall(r"(\w+)=(\S*)", run("scontrol", "show", "job", "--oneliner", job)))
    host, nodes = found.get("BatchHost", ""), found.get("NodeList", "(null)")
    if found.get("BatchFlag") != "1":
        return None
    if not host or nodes in ("", "(null)"):
        return False
    return host not in run("scontrol", "show", "hostnames", nodes).split()


def requeue(job: str) -> None:
    """Puts a running job back into the queue; this ends it. Raises EngineError."""
    run("scontrol", "requeue", job)


def signal_batch(job: str, signal: str) -> None:
    """Signals the first process of a job, and no other. Raises EngineError."""
    run("scancel", "--batch", f"--signal={signal}", job)


def cancel(job: str) -> None:
    """Removes a job from the queue, or ends it. Raises EngineError."""
    run("scancel", job)


def node_address(node: str) -> str:
    """The IP address at which Slurm reaches a node. Raises EngineError."""
    text = run("scontrol", "show", "node", "--oneliner", node)
    found = re.search(r"\bNodeAddr=(\S+)", text)
    host = found[1] if found else node
    try:
        return socket.gethostbyname(host)
    except OSError as error:
        raise EngineError(f"the address of node {node}, {host}, cannot be found: {error}") from None
