"""A real Slurm on one machine: a controller and two nodes with loopback addresses of their own."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from tests.faults.clusters import free_port, kill_at_once

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "scancel")
NODES = ("n1", "n2")
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def missing() -> str:
    """Why no Slurm can be started here, or ''."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    if absent:
        return f"Slurm is not installed (Debian: slurmctld slurmd munge): no {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started as root"


class SlurmCluster:
    """Partitions: low; grace, whose jobs are warned before they are preempted; high, which
    preempts both. Each node has 2 CPUs."""

    def __init__(self) -> None:
        # Short, and readable by munged's own checks.
        self.folder = Path(tempfile.mkdtemp(prefix="slurm"))
        self.folder.chmod(0o755)
        self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": _PATH}
        self._processes: dict[str, subprocess.Popen] = {}

    def start(self) -> "SlurmCluster":
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        (self.folder / "slurm.conf").write_text(self._configuration())
        files = {"key-file": key, "socket": self.folder / "munge.sock"}
        files |= {name: self.folder / f"munge.{name}" for name in ("pid-file", "log-file")}
        files["seed-file"] = self.folder / "munge.seed"
        options = [f"--{name}={path}" for name, path in files.items()]
        self._run("munged", "--foreground", "--force", *options)
        self._wait(lambda: (self.folder / "munge.sock").exists())
        self._run("slurmctld", "-D")
        for node in NODES:
            self.start_node(node)
        self.wait_until_idle()
        return self

    def wait_until_idle(self) -> None:
        self._wait(lambda: self.command("sinfo", "-h", "-o", "%T %D", "-p", "low") == "idle 2")

    def start_node(self, node: str) -> None:
        self._run(f"slurmd {node}", "-D", "-N", node)

    def command(self, *words: str) -> str:
        done = subprocess.run(
            words, env=os.environ | self.environment, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr}"

    def job(self, job: str) -> dict[str, str]:
        """The fields of `scontrol show job`."""
        text = self.command("scontrol", "show", "job", "-o", job)
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def start_now(self, job: str) -> None:
        """Slurm lets two minutes pass before a requeued job starts again."""
        if self.job(job).get("JobState") == "PENDING":
            self.command("scontrol", "update", f"JobId={job}", "StartTime=now")

    def kill_node(self, node: str) -> None:
        """Everything that runs on a node at once, as when a machine is switched off."""
        self._processes[f"slurmd {node}"].kill()
        victims = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                found = process.environ()
                if found.get("SLURMD_NODENAME") == node and self.is_own(found):
                    steps = [p for p in process.parents() if "slurmstepd" in p.name()]
                    victims |= {process, *steps}
        kill_at_once(victims)
        self._processes.pop(f"slurmd {node}").wait()

    def notice_loss(self, node: str) -> None:
        """As after SlurmdTimeout: Slurm takes a node that does not answer for lost."""
        self.command("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")

    def close(self) -> None:
        self.command("scancel", "--user=root", "--signal=KILL")
        self.command("scancel", "--user=root")
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if self.is_own(process.environ()):
                    process.send_signal(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("*.log")))

    def is_own(self, environment: dict[str, str]) -> bool:
        """Whether a process with this environment belongs to a job here."""
        conf = environment.get("SLURM_CONF")
        return conf == self.environment["SLURM_CONF"] and "SLURM_JOB_ID" in environment

    def _run(self, name: str, *options: str) -> None:
        with (self.folder / f"{name}.out.log").open("w") as log:
            self._processes[name] = subprocess.Popen(
                [shutil.which(name.split()[0], path=_PATH), *options],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self, condition, timeout_s: float = 60.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, self.log()
            time.sleep(0.2)

    def _configuration(self) -> str:
        here = self.folder
        nodes = [
            f"NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1{number} "
            f"Port={free_port()} CPUs=2 RealMemory=1000"
            for number, node in enumerate(NODES, start=1)
        ]
        return "\n".join(
            [
                "ClusterName=test",
                "SlurmctldHost=localhost(127.0.0.1)",
                f"SlurmctldPort={free_port()}",
                "AuthType=auth/munge",
                f"AuthInfo=socket={here}/munge.sock",
                "SlurmUser=root",
                f"StateSaveLocation={here}",
                f"SlurmdSpoolDir={here}/%n",
                f"SlurmctldPidFile={here}/slurmctld.pid",
                f"SlurmdPidFile={here}/slurmd-%n.pid",
                f"SlurmctldLogFile={here}/slurmctld.log",
                f"SlurmdLogFile={here}/slurmd-%n.log",
                "ProctrackType=proctrack/linuxproc",
                "TaskPlugin=task/none",
                "MpiDefault=none",
                "MailProg=/bin/true",
                "SelectType=select/cons_tres",
                "SelectTypeParameters=CR_Core",
                "SchedulerParameters=sched_interval=2,bf_interval=2",
                "ReturnToService=2",
                "SlurmdTimeout=60",
                "MinJobAge=3600",
                "JobCompType=jobcomp/none",
                "AccountingStorageType=accounting_storage/none",
                "PreemptType=preempt/partition_prio",
                "PreemptMode=REQUEUE",
                *nodes,
                "PartitionName=DEFAULT Nodes=n1,n2 State=UP MaxTime=INFINITE PriorityTier=1",
                "PartitionName=low Default=YES",
                "PartitionName=grace GraceTime=120",
                "PartitionName=high PriorityTier=10",
                "",
            ]
        )
