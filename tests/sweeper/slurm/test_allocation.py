"""What an allocation gives to a process."""

import os

import pytest

from sweeper.engine.registry import open_engine
from sweeper.errors import UsageError
from sweeper.slurm.allocation import check_on_node, current_allocation

NODE = {"SLURM_JOB_ID": "7", "SLURMD_NODENAME": "n1", "SLURM_JOB_NUM_NODES": "1"}


@pytest.fixture(autouse=True)
def two_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})


def test_outside_slurm_there_is_none():
    assert current_allocation({}) is None
    check_on_node({})


@pytest.mark.parametrize(
    ("variables", "cpus", "gpus"),
    [
        ({}, 4, 0),  # what the process may run on
        ({"SLURM_CPUS_ON_NODE": "2"}, 2, 0),
        ({"SLURM_CPUS_ON_NODE": "64"}, 4, 0),  # bound to four of them
        ({"SLURM_GPUS_ON_NODE": "3", "CUDA_VISIBLE_DEVICES": "0,1,2"}, 4, 3),
        ({"CUDA_VISIBLE_DEVICES": "4,5"}, 4, 2),
        ({"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, 4, 0),
        ({"CUDA_VISIBLE_DEVICES": ""}, 4, 0),
    ],
)
def test_exactly_what_was_given_is_used(variables, cpus, gpus):
    found = current_allocation(NODE | variables)
    assert (found.cpus, found.gpus) == (cpus, gpus)


def test_a_login_node_with_an_allocation_is_refused():
    login = {"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2"}
    assert current_allocation(login) is None
    with pytest.raises(UsageError, match="srun --nodes=1 --ntasks=1 --pty sweeper launch"):
        check_on_node(login)


def test_the_engine_takes_what_was_given(monkeypatch):
    for name, value in (NODE | {"SLURM_CPUS_ON_NODE": "2"}).items():
        monkeypatch.setenv(name, value)
    engine = open_engine("ray")
    assert (engine._cpus, engine._gpus, engine.on_this_machine) == (2, 0, True)
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "4")
    engine = open_engine("ray")
    assert type(engine).__name__ == "SlurmEngine" and not engine.on_this_machine
    assert open_engine("ray", "10.0.0.1:6379")._cpus is None
    assert type(open_engine("local")).__name__ == "InProcessEngine"
