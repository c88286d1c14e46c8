"""`python -m benchmarks`: every page on the CPU, as one Markdown file.

    python -m benchmarks [--quick | --full] [--only step,overhead] [--out FILE]

Each page is a separate command, so that none inherits another's threads or memory."""

import argparse
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.support.measuring import PYTHON, ROOT, load, machine

# In the order of the report: the most important ones first.
PAGES = {
    "goals": "Goals for the fixed part of a command",
    "grid_vs_ray": "The 36-run grid against the same sweep by hand",
    "step": "One training step",
    "overhead": "Overhead of a sweep, and how it grows",
    "stalls": "What besides steps takes a training's time",
    "reading": "Tables and figures over stored runs",
    "data": "Drawing, loading and preparing data",
    "measures": "Measures",
    "search": "Search",
    "scheduling": "Scheduling",
    "estimate": "Estimates of time",
    "gpu": "GPU",
}
WITH_FULL = ("overhead", "reading")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="less of everything")
    size.add_argument("--full", action="store_true", help="the largest sizes too: over an hour")
    parser.add_argument("--only", help="pages, separated by commas")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "benchmarks" / "results" / "REPORT.md", metavar="FILE"
    )
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(PAGES)
    unknown = sorted(set(names) - set(PAGES))
    if unknown:
        parser.error(f"no page {', '.join(unknown)}; there are {', '.join(PAGES)}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    parts = [f"# Benchmarks\n\n{machine()}"]
    failed = []
    for name in names:
        if importlib.util.find_spec(f"benchmarks.{name}") is None:
            continue
        print(f"{name} ..", file=sys.stderr, flush=True)
        quick = options.quick and name != "gpu"
        full = options.full and name in WITH_FULL
        text, good = section(name, ["--quick"] if quick else ["--full"] if full else [])
        parts.append(text)
        failed += [] if good else [name]
        options.out.write_text("\n".join(parts), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def section(name: str, arguments: list[str], timeout_s: float = 3600.0) -> tuple[str, bool]:
    """(a page with its heading and how it came to be, whether it came out)."""
    before, start = load(), time.perf_counter()
    command = [PYTHON, "-m", f"benchmarks.{name}", *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        good, text = done.returncode == 0, done.stdout.strip()
        if not good:
            text = f"Failed:\n\n```\n{done.stderr.strip()[-1500:]}\n```"
    except subprocess.TimeoutExpired:
        good, text = False, f"Not done within {timeout_s:.0f} s."
    source = Path(ROOT, "benchmarks", f"{name}.py").read_text(encoding="utf-8")
    about = source.split('"""')[1].strip()
    how = f"`{' '.join(['python', *command[1:]])}`: {time.perf_counter() - start:.0f} s"
    return (
        f"## {PAGES[name]}\n\n{how}; load {before:.1f} before.\n\n{text}\n\n{_quoted(about)}",
        good,
    )


def _quoted(text: str) -> str:
    """A module's own words about its page, less the lines of code in them."""
    paragraphs = [part for part in text.split("\n\n") if not part.startswith("    ")]
    return "".join(f"> {line}".rstrip() + "\n" for line in "\n\n".join(paragraphs).splitlines())


if __name__ == "__main__":
    sys.exit(main())
