"""Failures in one line, with what to do about them."""

import pytest

from sweeper.engine.failure_reasons import failure_reason, read_failure_reason

TRACE = """Failure # 1 (occurred at 2026-01-01)
ray::TrainingTrial.train() (pid=12, ip=127.0.0.1)
  File "x.py", line 3, in step
    raise ValueError("no")
"""


@pytest.mark.parametrize(
    "last, reason",
    [
        ("ValueError: 3 is not 4", "ValueError: 3 is not 4"),
        ("ValueError: \n  Invalid settings: x\n  more", "ValueError: Invalid settings: x"),
        ("ValueError:", "ValueError:"),
        ("trainers.errors.RecordError: bad", "RecordError: bad"),
        ("MemoryError", "MemoryError; out of memory: "),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
            "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB; out of memory: ",
        ),
        (
            "OSError: [Errno 28] No space left on device",
            "OSError: [Errno 28] No space left on device; free space",
        ),
    ],
)
def test_the_exception_is_the_reason(last, reason):
    assert failure_reason(TRACE + last).startswith(reason)


def test_a_dead_worker_is_reported_as_such():
    text = (
        "Failure # 1 (occurred at 2026-01-01)\n"
        "The actor died unexpectedly before finishing this task.\n\tactor_id: 5d\n"
        "The actor is dead. Worker exit type: SYSTEM_ERROR Worker exit detail: (1) OOM killer"
    )
    assert failure_reason(text) == "the worker died (system error)"


def test_without_a_file_the_worker_died(tmp_path):
    assert (
        read_failure_reason(None)
        == read_failure_reason(str(tmp_path / "none"))
        == failure_reason("\n")
        == "the worker died"
    )
