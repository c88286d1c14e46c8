"""A lock per CUDA device, shared by all processes of a machine.

Processes that share a device and measure its free memory at the same time would both take it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch


@contextlib.contextmanager
def device_lock(device: torch.device) -> Iterator[None]:
    """Waits until no other process or thread holds the lock of this device, then holds it.

    The lock is a file in the system's temporary folder and ends with its process. Without file
    locks (not on Linux or macOS), and on a CPU, there is none."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    if device.type != "cuda":
        yield
        return
    with lock_path(_device_name(device)).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file releases the lock


def lock_path(name: str) -> Path:
    """The lock file of a device, for this user."""
    return Path(tempfile.gettempdir(), f"sweeper-{os.getuid()}-{name}.lock")


def _device_name(device: torch.device) -> str:
    """The same in every process, whichever devices CUDA_VISIBLE_DEVICES shows to it."""
    return str(torch.cuda.get_device_properties(device).uuid)
