"""`python -m benchmarks.support.peak MODULE ARGS..`: runs a module, prints its peak memory."""

import importlib
import re
import resource
import sys
from pathlib import Path


def main() -> int:
    name = sys.argv[1]
    sys.argv = sys.argv[1:]
    code: object = 0
    try:
        code = importlib.import_module(name).main()
    except SystemExit as ended:
        code = ended.code
    print(f"peak MB {peak_mb():.1f}")
    return code if isinstance(code, int) else int(code is not None)


def peak_mb() -> float:
    """Of this program: Linux counts its parent in `ru_maxrss`, and not in VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main())
