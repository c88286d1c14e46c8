"""The lock of a device, between threads and between processes."""

import subprocess
import sys
import threading

import pytest
import torch

from trainers.running import device_lock as module
from trainers.running.device_lock import device_lock

CUDA = torch.device("cuda")

OTHER = """
import sys, torch
from trainers.running import device_lock as module
module._device_name = lambda device: "test"
with module.device_lock(torch.device("cuda")):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def named_device(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_device_name", lambda device: "test")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def hold(entered, release):
    with device_lock(CUDA):
        entered.set()
        release.wait(30)


def test_a_second_thread_waits_for_the_first():
    order = []

    def second():
        with device_lock(CUDA):
            order.append("second")

    with device_lock(CUDA):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_another_process_holds_it_until_it_ends():
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    entered, release = threading.Event(), threading.Event()
    release.set()
    with process:
        assert process.stdout.readline() == "held\n"
        thread = threading.Thread(target=hold, args=(entered, release))
        thread.start()
        assert not entered.wait(0.2)
        process.kill()
        assert entered.wait(30)
        thread.join(30)


def test_a_cpu_needs_no_lock(monkeypatch):
    monkeypatch.setattr(module, "_device_name", None)  # calling it raises
    with device_lock(torch.device("cpu")), device_lock(torch.device("cpu")):
        pass
