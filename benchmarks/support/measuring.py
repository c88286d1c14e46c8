"""Taking times side by side, and saying what came out: spreads, ratios, machines, tables."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable


@dataclass(frozen=True)
class Spread:
    """The least, the middle and the greatest of some measurements."""

    least: float
    middle: float
    greatest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        ordered = sorted(values)
        return cls(ordered[0], median(ordered), ordered[-1])

    def text(self, digits: int = 2) -> str:
        """'1.24 (1.20 to 1.31)'"""
        return (
            f"{self.middle:,.{digits}f} ({self.least:,.{digits}f} to {self.greatest:,.{digits}f})"
        )


def interleaved(
    actions: Mapping[str, Callable[[], float | None]], rounds: int
) -> dict[str, list[float]]:
    """Values of each action, taken in turns (A B C A B C ..), so that what else the machine does
    falls on all of them. An action returns its own value, or None to have its seconds taken."""
    values: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            start = time.perf_counter()
            own = action()
            values[name].append(time.perf_counter() - start if own is None else own)
    return values


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Round by round, `above` over `below`."""
    return Spread.of(a / b for a, b in zip(above, below, strict=True))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine() -> str:
    """What the numbers were taken on, as a Markdown list, with how busy it was."""
    import torch

    facts = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {psutil.cpu_count()} logical cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "software": f"Python {platform.python_version()}, torch {torch.__version__}",
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "load when it began": f"{load():.1f} runnable processes, averaged over a minute",
    }
    return "".join(f"- {key}: {value}\n" for key, value in facts.items())


def load() -> float:
    """Runnable processes, averaged over a minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def command(
    arguments: Sequence[str],
    folder: Path,
    *,
    timeout_s: float = 900.0,
    codes: Sequence[int] = (0,),
    **variables: str,
) -> tuple[float, float, str]:
    """Runs a command of this interpreter in `folder`: (seconds, peak MB of that process, output).

    Raises RuntimeError with the end of its output when it ends with none of these exit codes."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | variables
    start = time.perf_counter()
    # GNU time is not always installed: the child reports its own peak at its end.
    done = subprocess.run(
        [PYTHON, "-m", "benchmarks.support.peak", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}")
    text, _, peak = done.stdout.rpartition("peak MB ")
    return seconds, float(peak), text


def sweeper(*arguments: str) -> list[str]:
    """The arguments of `command` for a command line of sweeper."""
    return ["sweeper.cli", *arguments]
