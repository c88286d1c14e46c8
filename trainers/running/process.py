"""Process settings for steps: denormal numbers, TF32, memory.

The settings for CPUs change no loss; both were found by profiling a step of the MLP."""

import contextlib
import ctypes
import sys
from collections.abc import Iterator

import torch

# glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_ONE_GIB = 1 << 30


@contextlib.contextmanager
def flush_denormals() -> Iterator[None]:
    """Treats numbers below 1e-38 as 0 on this thread, and on threads that torch starts meanwhile.

    Adam's averages decay to such numbers if a gradient stays 0: after 1000 steps on dSprites, one
    in seven of them. A processor takes up to 100 times longer for each. None changes a weight,
    since Adam adds an epsilon of 1e-8. Reset afterwards: numpy warns about the setting."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextlib.contextmanager
def tf32(device: torch.device, enabled: bool) -> Iterator[None]:
    """Allows or forbids TF32 in float32 products and convolutions on a CUDA device.

    PyTorch by default allows it in convolutions and forbids it in products. No effect elsewhere."""
    if device.type != "cuda":
        yield
        return
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if enabled else "highest")
    torch.backends.cudnn.allow_tf32 = enabled
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def keep_freed_memory() -> bool:
    """Makes malloc keep freed memory for the next step. False if malloc is not glibc's.

    Otherwise the gradients of a step, 51 MB in the MLP, are returned to the system and allocated
    again as new pages, which costs a tenth of a step."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _ONE_GIB)) & bool(mallopt(_M_TRIM_THRESHOLD, _ONE_GIB))
