"""The batch script: what it asks Slurm for, and what it runs."""

import shlex
import subprocess
from pathlib import Path

import pytest

from sweeper.errors import UsageError
from sweeper.grid import Grid
from sweeper.grid.blocks.slurm import Slurm
from sweeper.slurm.script import batch_script


def grid(**resources):
    axes = {"batch_size": 4, "learning_rate": 1e-3, "iterations": 2}
    return Grid(name="g", datasets="dsprites", models=["vae"], axes=axes, resources=resources)


def options(script):
    """{option: value} of the #SBATCH lines."""
    lines = [shlex.split(line)[1] for line in script.splitlines() if line.startswith("#SBATCH")]
    return dict(line.partition("=")[::2] for line in lines)


def script(asked, folder=Path("/work"), **resources):
    return batch_script(grid(**resources), Slurm(**asked), ["/g.yaml", "--yes"], folder)


def test_what_is_asked_for_stands_in_the_script():
    asked = {"nodes": 4, "cpus_per_node": 16, "gpus_per_node": 8, "time": "12:00:00"}
    asked |= {"partition": "gpu", "account": "us", "options": ["--qos=high"], "warn_s": 90}
    found = options(script(asked))
    assert found["--nodes"] == "4" and found["--cpus-per-task"] == "16"
    assert found["--gpus-per-node"] == "8" and found["--time"] == "12:00:00"
    assert (found["--partition"], found["--account"], found["--qos"]) == ("gpu", "us", "high")
    assert found["--signal"] == "B:USR1@90" and "--requeue" in found
    assert "--no-kill" in found and "--no-kill" not in options(script({"cpus_per_node": 1}))
    assert found["--open-mode"] == "append" and found["--ntasks-per-node"] == "1"


def test_nothing_else_is_asked_for():
    found = options(script({"cpus_per_node": 2}))
    assert not {"--time", "--partition", "--account", "--gpus-per-node"} & set(found)


@pytest.mark.parametrize(
    ("resources", "gpus", "cpus"),
    [({}, 8, "8"), ({"gpu": 0.25, "cpu": 2}, 2, "16"), ({"cpu": 0.5}, 3, "2")],
)
def test_cpus_follow_from_the_trainings_on_the_gpus(resources, gpus, cpus):
    assert options(script({"gpus_per_node": gpus}, **resources))["--cpus-per-task"] == cpus


def test_without_any_number_of_cpus_it_is_refused():
    with pytest.raises(UsageError, match="--cpus-per-node"):
        script({})


def test_a_folder_with_spaces_is_quoted():
    found = options(script({"cpus_per_node": 1}, Path("/my work")))
    assert found["--chdir"] == "/my work" and found["--output"] == "/my work/slurm/g-%j.log"


def test_the_shell_accepts_it_and_setup_runs_before_the_launch(tmp_path):
    text = script({"cpus_per_node": 1, "setup": ["module load cuda", "export A='b c'"]})
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    lines = text.splitlines()
    assert lines.index("module load cuda") < lines.index("export A='b c'")
    assert lines[-1].startswith("exec ") and lines[-1].endswith("-- /g.yaml --yes")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"time": "12h"}, "time limit of Slurm"),
        ({"options": "-q"}, "an option of sbatch"),
        ({"options": ["--signal=USR2"]}, "is set by the launch itself"),
        ({"nodes": 0}, "1"),
        ({"warn_s": 1}, "10"),
    ],
)
def test_mistakes(asked, text):
    with pytest.raises(ValueError, match=text):
        Slurm(**asked)


@pytest.mark.parametrize("time", ["30", "12:00:00", "2-00", "1-12:30:00"])
def test_times_in_slurms_spelling(time):
    assert Slurm(time=time).time == time
