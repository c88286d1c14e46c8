"""Slurm's answers as values, and its errors as one line."""

import pytest

from sweeper.errors import EngineError
from sweeper.slurm.commands import has_lost_its_script, job_state, node_address, submit
from sweeper.slurm.jobs import SubmittedJob, save_job, submitted_jobs

# As Slurm 22.05 prints it, shortened.
RUNNING = (
    "JobId=7 JobName=sweeper-g UserId=root(0) JobState=RUNNING Reason=None Requeue=1 Restarts=2 "
    "BatchFlag=1 ExitCode=0:0 RunTime=00:10:00 TimeLimit=12:00:00 NodeList=n[1-2] BatchHost=n1"
)
PENDING = RUNNING.replace("RUNNING", "PENDING").replace("None", "Resources").replace("n[1-2]", "")


def test_a_running_job(fake_slurm):
    fake_slurm("scontrol", f"echo '{RUNNING}'")
    found = job_state("7")
    assert found.is_active and found.exit_code is None
    line = "Slurm job 7: RUNNING on n[1-2] for 00:10:00 of 12:00:00, restarted 2 times"
    assert found.line() == line
    assert fake_slurm.calls() == ["scontrol show job --oneliner 7"]


def test_a_pending_job_says_why(fake_slurm):
    fake_slurm("scontrol", f"echo '{PENDING}'")
    assert job_state("7").line() == "Slurm job 7: PENDING (Resources), restarted 2 times"


@pytest.mark.parametrize(
    ("state", "code", "found"),
    [("COMPLETED", "0:0", 0), ("FAILED", "1:0", 1), ("FAILED", "143:0", 143), ("X", "0:9", 137)],
)
def test_exit_codes(fake_slurm, state, code, found):
    text = RUNNING.replace("=RUNNING", f"={state}").replace("=0:0", f"={code}")
    fake_slurm("scontrol", f"echo '{text}'")
    assert (job_state("7").exit_code, job_state("7").is_active) == (found, False)


def test_a_job_that_slurm_no_longer_lists(fake_slurm):
    fake_slurm("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    assert job_state("7").line() == "Slurm job 7: unknown"


@pytest.mark.parametrize(
    ("nodes", "lost"), [("n[1-2]", False), ("n2", True), ("n[2-3,12]", True), ("(null)", False)]
)
def test_a_job_without_the_node_of_its_script(fake_slurm, nodes, lost):
    text = RUNNING.replace("n[1-2]", nodes)
    names = {"n[1-2]": "n1 n2", "n2": "n2", "n[2-3,12]": "n2 n3 n12"}.get(nodes, "")
    fake_slurm("scontrol", f"case $2 in job) echo '{text}';; *) printf '%s\\n' {names};; esac")
    assert has_lost_its_script("7") is lost


def test_a_job_that_never_had_a_script(fake_slurm):
    fake_slurm("scontrol", f"echo '{RUNNING.replace('BatchFlag=1', 'BatchFlag=0')}'")
    assert has_lost_its_script("7") is None


def test_errors_are_one_line(fake_slurm, monkeypatch):
    fake_slurm("sbatch", "echo 'sbatch: error: x' >&2; echo 'Invalid partition' >&2; exit 1")
    with pytest.raises(EngineError, match="^sbatch: Invalid partition$"):
        submit("#!/bin/bash")
    monkeypatch.setenv("PATH", "/nowhere")  # without any Slurm
    with pytest.raises(EngineError, match="scontrol: not found"):
        job_state("7")


def test_the_id_of_a_submitted_job(fake_slurm):
    fake_slurm("sbatch", "cat > /dev/null; echo '12;cluster'")
    assert submit("#!/bin/bash") == "12"


def test_a_nodes_address(fake_slurm):
    fake_slurm("scontrol", "echo 'NodeName=n1 NodeAddr=127.0.0.11 NodeHostName=x'")
    assert node_address("n1") == "127.0.0.11"


def test_the_newest_job_of_each_grid_is_stored(tmp_path):
    jobs = [SubmittedJob("a", "1", "x"), SubmittedJob("b", "2", "y"), SubmittedJob("a", "3", "z")]
    for job in jobs:
        save_job(str(tmp_path), job)
    (tmp_path / "slurm/c.json").write_text("{")
    assert submitted_jobs(str(tmp_path)) == [jobs[2], jobs[1]]
