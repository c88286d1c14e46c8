"""Run the build stage of docker/Dockerfile without a container engine, in a folder of its own.

    python docker/check_build.py --build-arg TORCH=cpu /tmp/sweeper-image

executes the stage's ARG, ENV, WORKDIR, COPY and RUN one after the other: COPY copies only what
.dockerignore admits, RUN uses /bin/sh, and every path of the image is placed below the folder. The
Python that runs this script replaces the base image's. The second stage (apt-get, useradd) would
change the machine and is not executed. Exit code 0: every step succeeded."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

DOCKER = Path(__file__).resolve().parent
IMAGE_PATHS = ("/opt/venv", "/src")  # written by the build stage


def instructions(text: str) -> list[tuple[str, str]]:
    """(keyword, arguments) of a Dockerfile; continued lines joined, comments removed."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = [line.strip().split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(pair[0].upper(), pair[1] if len(pair) > 1 else "") for pair in pairs]


def stage(steps: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    """The instructions of the stage `FROM ... AS name`."""
    starts = [n for n, (keyword, _) in enumerate(steps) if keyword == "FROM"] + [len(steps)]
    for start, end in zip(starts, starts[1:], strict=False):
        if steps[start][1].lower().endswith(f" as {name}"):
            return steps[start + 1 : end]
    raise SystemExit(f"docker/Dockerfile has no stage {name!r}")


def admitted(ignore_text: str, source: str) -> bool:
    """Whether an allow-list .dockerignore (`*`, then `!path` lines) lets `source` into a build."""
    allowed = [line[1:] for line in ignore_text.splitlines() if line.startswith("!")]
    return any(source == path or source.startswith(f"{path}/") for path in allowed)


def below(root: Path, text: str) -> str:
    """`text` with every path of the image placed below `root`."""
    for path in IMAGE_PATHS:
        text = re.sub(rf"(?<![\w.]){re.escape(path)}(?=[/\s:]|$)", f"{root}{path}", text)
    return text


def assignments(text: str, env: dict[str, str]) -> dict[str, str]:
    """The `A=b C=$D` of an ENV line, with variables expanded."""
    pairs = (pair.split("=", 1) for pair in text.split())
    return {name: re.sub(r"\$(\w+)", lambda found: env[found[1]], value) for name, value in pairs}


def copy(root: Path, workdir: Path, arguments: str) -> None:
    """COPY of files or folders from the repository. SystemExit where .dockerignore forbids it."""
    *sources, target = arguments.split()
    ignore_text = (DOCKER.parent / ".dockerignore").read_text(encoding="utf-8")
    for source in sources:
        if not admitted(ignore_text, source):
            raise SystemExit(f"COPY {source}: .dockerignore excludes it from the build")
        place, goal = DOCKER.parent / source, workdir / below(root, target)
        if place.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".env")
            shutil.copytree(place, goal, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(place, goal / place.name if target.endswith("/") else goal)


def build(root: Path, build_args: dict[str, str]) -> None:
    """Execute every step of the build stage below `root`. SystemExit at the first that fails."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    # Settings of this machine's pip, such as a mirror, apply.
    env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    workdir = root
    for keyword, arguments in stage(instructions((DOCKER / "Dockerfile").read_text()), "build"):
        print(f"--> {keyword} {arguments}", flush=True)
        if keyword == "ARG":
            name, _, default = arguments.partition("=")
            env[name] = build_args.get(name, default)
        elif keyword == "ENV":
            env |= assignments(below(root, arguments), env)
        elif keyword == "WORKDIR":
            workdir = Path(below(root, arguments))
            workdir.mkdir(parents=True, exist_ok=True)
        elif keyword == "COPY":
            copy(root, workdir, arguments)
        elif keyword == "RUN":
            step = subprocess.run(["/bin/sh", "-c", below(root, arguments)], env=env, cwd=workdir)
            if step.returncode:
                raise SystemExit(f"RUN failed with exit code {step.returncode}: {arguments}")
        else:
            raise SystemExit(f"{keyword} in the build stage is not supported by this script")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="an empty or new folder, about 3 GB for cpu")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    root = options.folder.resolve()
    if root.exists() and any(root.iterdir()):
        raise SystemExit(f"{root} is not empty")
    root.mkdir(parents=True, exist_ok=True)
    build(root, dict(argument.split("=", 1) for argument in options.build_arg))
    print(f"all steps succeeded; the environment is {root}/opt/venv")


if __name__ == "__main__":
    main()
