"""Remove from an environment what no program of the image uses: headers, static libraries, test
suites, Ray's parts for Java, C++ and reinforcement learning, descriptions of AWS services, compiled
modules, and the symbols of large libraries, which only a debugger reads.

    python docker/slim.py /opt/venv

Needs `strip` (Debian: binutils). Prints how much was removed."""

import shutil
import subprocess
import sys
from pathlib import Path

UNUSED = (
    "torch/include",
    "torch/test",
    "torch/bin/protoc*",
    "torch/bin/*test*",
    "torch/lib/*.a",
    "torch/share",
    "ray/jars",
    "ray/cpp",
    "ray/rllib",
    "ray/core/src/ray/cpp",
    "pyarrow/include",
    "pyarrow/*flight*",
    "pyarrow/tests",
    "pyarrow/*.a",
    "pyarrow/src",
    "numpy/_core/include",
    "numpy/_core/lib/*.a",
    "numpy/random/lib/*.a",
    *(f"{package}/**/tests" for package in ("numpy", "scipy", "pandas", "sklearn", "sympy")),
    *(f"{package}/**/tests" for package in ("matplotlib", "networkx", "h5py", "fontTools")),
    *(f"**/*.{ending}" for ending in ("map", "pyi", "pyx", "pxd", "h", "hpp")),
)
AWS_SERVICES = {"ec2", "iam", "s3", "sts", "ssm", "cloudwatch"}  # artifacts, and `ray up`
TO_STRIP = (
    "**/*.so",
    "**/*.so.*",
    "ray/core/src/ray/raylet/raylet",
    "ray/core/src/ray/gcs/gcs_server",
)


def size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.lstat().st_size for file in files)


def unused(packages: Path) -> list[Path]:
    """What can be removed from a folder of packages."""
    found = [path for pattern in UNUSED for path in packages.glob(pattern)]
    found += [p for p in packages.glob("botocore/data/*/") if p.name not in AWS_SERVICES]
    return [*found, *packages.rglob("__pycache__")]


def slim(packages: Path) -> int:
    """Removes and strips. Returns by how many bytes the folder is smaller."""
    before = size(packages)
    for path in unused(packages):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for pattern in TO_STRIP:
        for path in packages.glob(pattern):
            if path.parent.name.endswith(".libs"):
                continue  # as patched by the wheel's maker: `strip` would break them
            subprocess.run(["strip", "--strip-unneeded", path], check=True)
    return before - size(packages)


def main() -> None:
    for packages in Path(sys.argv[1]).glob("lib/python3*/site-packages"):
        print(f"{packages}: {slim(packages) / 1e6:.0f} MB removed")


if __name__ == "__main__":
    main()
