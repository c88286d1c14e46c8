"""The first process of a batch job: `python -m sweeper.slurm.job --max-requeues N -- GRID OPTIONS`.

Runs `sweeper launch` and, where Slurm takes the machines away before it is complete, puts the job
back into the queue, from which the same command resumes:

    SIGUSR1   Slurm's warning before the time limit (or a preemption): save, end, requeue
    SIGUSR2   `sweeper stop`: save and end
    SIGTERM   Slurm ends the job, and has sent the same to the launch: whether the job is requeued
              is Slurm's decision (not after scancel)

A launch that ends with 143 without any of these was warned through its nodes, as before a
preemption with a grace time."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

from sweeper.errors import EngineError
from sweeper.slurm.commands import requeue

_SAVED = 128 + signal.SIGTERM  # the exit code of a launch that was asked to end
_MAIN = "from sweeper.cli import main; main()"


class _Job:
    def __init__(self, arguments: list[str]) -> None:
        self.signals: set[int] = set()
        handled = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM}
        # A signal that arrives before there is a launch is handled once there is one.
        signal.pthread_sigmask(signal.SIG_BLOCK, handled)
        for number in handled:
            signal.signal(number, self._handle)
        command = [sys.executable, "-P", "-c", _MAIN, "launch", *arguments]
        self._launch = subprocess.Popen(command, preexec_fn=_unblock)
        _unblock()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGTERM and not self.signals:
            self._launch.send_signal(signal.SIGTERM)
        self.signals.add(number)

    def wait(self) -> int:
        """The launch's exit code; 143 also for one that ended before it could handle SIGTERM."""
        code = self._launch.wait()
        return 128 - code if code < 0 else code

    @property
    def is_to_resume(self) -> bool:
        """Whether the end was requested by Slurm, and by nobody else."""
        return not self.signals & {signal.SIGUSR2, signal.SIGTERM}


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM})


def main(arguments: list[str]) -> int:
    max_requeues, launch = int(arguments[1]), arguments[3:]
    restarts = int(os.environ.get("SLURM_RESTART_COUNT", 0))
    job = _Job(launch)
    code = job.wait()
    if code != _SAVED or not job.is_to_resume:
        return code
    if restarts >= max_requeues:
        print(f"not requeued: this job was restarted {restarts} times (--max-requeues)", flush=True)
        return code
    print(f"requeued, for the {restarts + 1}. time of at most {max_requeues}", flush=True)
    try:
        requeue(os.environ["SLURM_JOB_ID"])
    except EngineError as error:
        print(f"not requeued: {error}", flush=True)
        return code
    time.sleep(60)  # Slurm ends this process
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
