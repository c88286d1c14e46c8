"""Install the package into a virtual environment, with the build of PyTorch that fits the machine.

    python3 tools/install.py .venv --extras test --torch auto

Standard library only. Three steps, each printed with its time and its disk space: the environment,
PyTorch, everything else. Exact versions come from constraints.txt.

On Linux, PyPI's PyTorch is a CUDA build of several gigabytes. Without an NVIDIA GPU the CPU build
is installed: uv finds the index of PyTorch that holds it (`--torch-backend`). Where uv or that
index cannot be reached, pip installs the build of its own index, and a line says so."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, FIRST_UNSUPPORTED = (3, 11), (3, 14)
UV_LIMITS = {"UV_HTTP_TIMEOUT": "20", "UV_HTTP_RETRIES": "1"}  # fail soon, then use pip


def has_nvidia_gpu() -> bool:
    """Whether the driver lists a GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    found = subprocess.run([program, "--list-gpus"], capture_output=True, text=True)
    return found.returncode == 0 and "GPU" in found.stdout


def torch_backend(wanted: str, system: str, gpu: bool) -> tuple[str, str]:
    """(backend for uv, or 'pip' for the build of pip's index; why)."""
    if wanted != "auto":
        return wanted, "as asked for by --torch"
    if system != "Linux":
        return "pip", f"on {system} there is one build"
    if gpu:
        return "auto", "an NVIDIA GPU was found: the CUDA build for its driver"
    return "cpu", "no NVIDIA GPU was found: the CPU build"


def size_bytes(folder: Path) -> int:
    """Disk space of the files below a folder; 0 where there is none."""
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files)


class Steps:
    """Runs the steps and prints the time and the disk space of each."""

    def __init__(self, folder: Path, total: int) -> None:
        self._folder, self._total, self._count = folder, total, 0

    def run(self, title: str, action: Callable[[], object]) -> None:
        self._count += 1
        print(f"[{self._count}/{self._total}] {title} ...", flush=True)
        before, started = size_bytes(self._folder), time.monotonic()
        action()
        seconds, added = time.monotonic() - started, size_bytes(self._folder) - before
        print(f"      done in {seconds:.0f} s, {added / 1e9:.2f} GB on disk", flush=True)


def run(command: list[str], env: dict[str, str] | None = None, quiet: bool = False) -> bool:
    """Whether a command succeeded. quiet: its output is dropped."""
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, env=env, stdout=output, stderr=output, cwd=ROOT)
    return done.returncode == 0


def must(command: list[str]) -> None:
    if not run(command):
        sys.exit(f"failed: {' '.join(command)}\nRun it alone to see more; then run make again.")


def make_environment(folder: Path) -> None:
    """A working environment of this Python is kept; one of another version is made again."""
    if not is_usable(folder):
        clear = ["--clear"] if (folder / "pyvenv.cfg").is_file() else []
        must([sys.executable, "-m", "venv", *clear, str(folder)])
    must([*pip(folder), "install", "--quiet", "--upgrade", "pip"])


def is_usable(folder: Path) -> bool:
    """Whether a Python of this version works there, with the modules that pip needs."""
    python = folder / "bin" / "python"
    code = "import ssl, sys; print(sys.version_info[:2])"
    if not python.exists():
        return False
    found = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return found.stdout.strip() == str(sys.version_info[:2])


def pip(folder: Path) -> list[str]:
    return [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


def install_torch(folder: Path, backend: str) -> None:
    """PyTorch by uv, or by pip where uv cannot install it."""
    constraints = str(ROOT / "constraints.txt")
    if backend != "pip":
        if torch_by_uv(folder, backend, constraints):
            return
        print("      uv or PyTorch's index cannot be reached: pip installs the build of its own")
        print(
            "      index, which on Linux is usually the CUDA build: several gigabytes", flush=True
        )
    must([*pip(folder), "install", "--quiet", "--constraint", constraints, "torch"])


def torch_by_uv(folder: Path, backend: str, constraints: str) -> bool:
    uv = shutil.which("uv")
    if uv is None:
        if not run([*pip(folder), "install", "--quiet", "uv"], quiet=True):
            return False
        uv = str(folder / "bin" / "uv")
    command = [uv, "pip", "install", "--python", str(folder / "bin" / "python")]
    command += ["--torch-backend", backend, "--constraint", constraints, "torch"]
    return run(command, env=os.environ | UV_LIMITS, quiet=True)


def install_rest(folder: Path, extras: str) -> None:
    target = f".[{extras}]" if extras else "."
    constraints = str(ROOT / "constraints.txt")
    quiet = "-qq"  # errors only: setuptools warns about editable installations
    must([*pip(folder), "install", quiet, "--constraint", constraints, "--editable", target])


def installed_torch(folder: Path) -> str:
    """'PyTorch 2.13.0+cpu, without CUDA'."""
    code = "import torch; print(torch.__version__, torch.version.cuda or '')"
    command = [str(folder / "bin" / "python"), "-c", code]
    version, _, cuda = (
        subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL)
        .strip()
        .partition(" ")
    )
    return f"PyTorch {version}, " + (f"CUDA {cuda}" if cuda else "without CUDA")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the virtual environment")
    parser.add_argument("--extras", default="test", help="of pyproject.toml, separated by commas")
    parser.add_argument("--torch", default="auto", help="auto, cpu, cu126, ...; pip: pip's build")
    options = parser.parse_args()
    if not OLDEST <= sys.version_info[:2] < FIRST_UNSUPPORTED:
        found = platform.python_version()
        sys.exit(f"Python 3.11, 3.12 or 3.13 is needed, this is {found}: make PYTHON=python3.12")
    folder = options.folder.absolute()
    backend, why = torch_backend(options.torch, platform.system(), has_nvidia_gpu())
    steps = Steps(folder, 3)
    steps.run(f"virtual environment {options.folder}", lambda: make_environment(folder))
    steps.run(f"PyTorch ({why})", lambda: install_torch(folder, backend))
    print(f"      {installed_torch(folder)}")
    steps.run("the other packages", lambda: install_rest(folder, options.extras))


if __name__ == "__main__":
    main()
