"""`python -m benchmarks.support.peak MODULE ARGS..`: runs a module, prints its peak memory."""

import importlib
import resource
import sys


def main() -> int:
    name = sys.argv[1]
    sys.argv = sys.argv[1:]
    code: object = 0
    try:
        code = importlib.import_module(name).main()
    except SystemExit as ended:
        code = ended.code
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak MB {kib / (1024 * 1024 if sys.platform == 'darwin' else 1024):.1f}")
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.exit(main())
