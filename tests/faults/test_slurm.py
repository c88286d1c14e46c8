"""Launches as jobs of a real Slurm: what Slurm does to a job changes no bit of the results."""

import contextlib
import re
import subprocess
import time

import psutil
import pytest

from tests.faults.slurm_cluster import SlurmCluster, missing
from tests.faults.sweeps import PART, Sweep, is_worker, stored

pytestmark = [
    pytest.mark.fault,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("slurm"),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

# No checkpoint but those that are saved when Slurm warns.
STRICT = PART | {"resources": {"checkpoint_every_s": 3600, "max_failures": 0}}
SLURM = ("--slurm", "--nodes", "2", "--cpus-per-node", "1", "--time", "30", "--no-follow")


@pytest.fixture(scope="module")
def slurm():
    cluster = SlurmCluster()
    try:
        yield cluster.start()
    finally:
        cluster.close()


class Job:
    """A grid that was submitted."""

    def __init__(self, slurm, folder, grid, *options, **environment):
        self.slurm = slurm
        self.sweep = Sweep(folder, grid, *SLURM, *options, **slurm.environment, **environment)
        done = self.sweep.run("launch", "grid.yaml", *self.sweep.options)
        assert done.returncode == 0, done.stderr
        self.id = re.search(r"submitted Slurm job (\d+)", done.stderr)[1]

    @property
    def log(self):
        return "\n".join(p.read_text() for p in self.sweep.folder.glob("slurm/*.log"))

    def wait_for(self, condition, timeout_s=400.0):
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, f"{self.state()}\n{self.log}\n{self.slurm.log()}"
            time.sleep(0.3)

    def state(self):
        return self.slurm.job(self.id).get("JobState", "")

    def restarts(self):
        return int(self.slurm.job(self.id).get("Restarts", 0))

    def wait_for_progress(self):
        self.wait_for(lambda: self.sweep.records() >= 2 and self.state() == "RUNNING")

    def wait_for_restart(self, count=1):
        def restarted():
            self.slurm.start_now(self.id)
            return self.restarts() >= count and self.state() == "RUNNING"

        self.wait_for(restarted)

    def wait_for_end(self):
        self.wait_for(lambda: self.state() not in ("PENDING", "RUNNING", "COMPLETING"))
        return self.state()


def test_a_job_on_two_nodes_gives_the_same_bits(slurm, part, tmp_path):
    job = Job(slurm, tmp_path, PART)
    job.wait_for_progress()
    status = job.sweep.run("status", "grid.yaml")
    assert f"Slurm job {job.id}: RUNNING on n[1-2]" in status.stdout
    again = job.sweep.run("launch", "grid.yaml", *job.sweep.options)
    assert again.returncode == 2 and f"Slurm job {job.id} of grid grid uses" in again.stderr
    assert job.wait_for_end() == "COMPLETED", job.log
    assert stored(tmp_path) == part
    assert job.restarts() == 0
    assert "12 of 12 runs done" in job.log


def test_the_log_is_shown_and_the_exit_code_is_the_jobs(slurm, tmp_path):
    grid = PART | {"axes": PART["axes"] | {"iterations": [20]}}
    sweep = Sweep(tmp_path, grid, *SLURM[:-1], **slurm.environment)
    done = sweep.run("launch", "grid.yaml", *sweep.options, timeout_s=240)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 runs done" in done.stdout and "COMPLETED" in done.stderr


def test_before_the_time_limit_all_is_saved_and_the_job_resumes(slurm, part, tmp_path):
    """Slurm's limits are whole minutes, which it looks at twice a minute; a training takes 80 s."""
    job = Job(slurm, tmp_path, STRICT, STEP_PAUSE_S="0.13")
    job.wait_for_progress()
    assert not job.sweep.checkpoints()
    minutes = 2 + int(slurm.job(job.id)["RunTime"].split(":")[1])
    slurm.command("scontrol", "update", f"JobId={job.id}", f"TimeLimit={minutes}")
    job.wait_for_restart()
    assert job.sweep.checkpoints()
    slurm.command("scontrol", "update", f"JobId={job.id}", "TimeLimit=30")
    assert job.wait_for_end() == "COMPLETED", job.log
    assert "requeued, for the 1. time of at most 10" in job.log
    assert stored(tmp_path) == part


@pytest.mark.parametrize("partition", ["low", "grace"])
def test_a_preempted_job_saves_and_resumes(slurm, part, tmp_path, partition):
    job = Job(slurm, tmp_path, STRICT, "--partition", partition)
    job.wait_for_progress()
    assert not job.sweep.checkpoints()
    high = ["--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null"]
    slurm.command("sbatch", *high, "--wrap", "sleep 1")
    job.wait_for_restart()
    assert job.sweep.checkpoints()
    assert job.wait_for_end() == "COMPLETED", job.log
    assert stored(tmp_path) == part


def test_a_node_that_is_killed_costs_no_run(slurm, part, tmp_path):
    job = Job(slurm, tmp_path, PART)
    job.wait_for_progress()
    slurm.kill_node("n2")
    slurm.notice_loss("n2")
    try:
        assert job.wait_for_end() == "COMPLETED", job.log
    finally:
        slurm.start_node("n2")
        slurm.wait_until_idle()
    assert stored(tmp_path) == part


def test_a_job_whose_first_node_is_killed_starts_again_when_the_node_is_back(slurm, part, tmp_path):
    job = Job(slurm, tmp_path, PART)
    job.wait_for_progress()
    slurm.kill_node("n1")
    slurm.notice_loss("n1")
    slurm.start_node("n1")
    job.wait_for_restart()
    assert job.wait_for_end() == "COMPLETED", job.log
    slurm.wait_until_idle()
    assert stored(tmp_path) == part


def test_stop_saves_and_does_not_requeue(slurm, part, tmp_path):
    job = Job(slurm, tmp_path, STRICT)
    job.wait_for_progress()
    done = job.sweep.run("stop")
    assert done.stdout.startswith(f"Slurm job {job.id} was asked to stop"), done.stderr
    assert job.wait_for_end() == "FAILED", job.log  # its exit code is 143
    assert slurm.job(job.id)["ExitCode"].startswith("143:")
    assert job.sweep.checkpoints() and job.restarts() == 0
    assert job.sweep.run("stop").returncode == 2  # nothing runs any more
    again = job.sweep.run("launch", "grid.yaml", *SLURM[:-1], timeout_s=300)
    assert again.returncode == 0, again.stderr
    assert stored(tmp_path) == part


def test_a_cancelled_job_is_not_requeued(slurm, tmp_path):
    job = Job(slurm, tmp_path, PART)
    job.wait_for_progress()
    slurm.command("scancel", job.id)
    assert job.wait_for_end() == "CANCELLED"
    assert job.restarts() == 0 and "requeued" not in job.log


def test_in_an_allocation_a_plain_launch_uses_what_was_given(slurm, part, tmp_path):
    """One of the node's two CPUs."""
    sweep = Sweep(tmp_path, PART, **slurm.environment)
    step = ["srun", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mpi=none"]
    most = 0
    with (tmp_path / "output.txt").open("w") as output:
        command = [*step, *sweep.command("launch", "grid.yaml")]
        environment = sweep.environment | slurm.environment
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
        while process.poll() is None:
            most = max(most, len(slurm_workers(slurm)))
            time.sleep(0.2)
    assert process.returncode == 0, sweep.output
    assert most == 1
    assert "(1 at a time" in sweep.output
    assert stored(tmp_path) == part


def slurm_workers(slurm):
    """The processes of jobs that train."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if slurm.is_own(process.environ()) and is_worker(process.cmdline()):
                found.append(process)
    return found
