"""The Dockerfile: linted by hadolint where it is installed, and held to rules of our own."""

import re
import subprocess
import sys

import pytest

from tests.docker.places import DOCKER, ROOT, script, tool

CHECK = script("check_build.py")
TEXT = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
STEPS = CHECK.instructions(TEXT)
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")


def of(keyword: str) -> list[str]:
    return [arguments for found, arguments in STEPS if found == keyword]


def test_hadolint_reports_nothing():
    found = subprocess.run([tool("hadolint"), str(DOCKER / "Dockerfile")], capture_output=True)
    assert (found.returncode, found.stdout.decode()) == (0, "")


def test_base_is_pinned_and_the_same_in_both_stages():
    (base,) = [default for default in of("ARG") if default.startswith("BASE=")]
    assert re.fullmatch(r"BASE=python:3\.12\.\d+-slim-[a-z]+", base)
    assert [arguments.split()[0] for arguments in of("FROM")] == ["${BASE}", "${BASE}"]


def test_runs_as_a_numbered_user_that_is_not_root():
    assert of("USER") == ["1000:1000"]
    assert "USER" in [keyword for keyword, _ in STEPS[-4:]]  # nothing is installed after it
    assert not any(keyword in ("RUN", "COPY", "ADD") for keyword, _ in STEPS[-4:])


def test_programs_get_their_signals():
    # Exec form: no shell in between that would swallow SIGTERM.
    assert of("ENTRYPOINT") == ['["tini", "--"]']
    assert of("CMD")[0].startswith("[")


def test_every_pip_install_is_held_by_constraints_or_installs_no_dependency():
    commands = [command.strip() for run in of("RUN") for command in run.split("&&")]
    installs = [command for command in commands if "pip install" in command]
    assert len(installs) == 3
    for install in installs:
        assert "--constraint constraints.txt" in install or "--no-deps ." in install


def test_what_the_image_adds_is_pinned():
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    lines = (DOCKER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert any(not line.startswith("#") for line in lines)
    for line in lines:
        assert line.startswith("#") or "==" in line or f"\n{line}==" in constraints


def test_torch_in_constraints_is_a_plain_version_that_every_build_of_it_meets():
    (torch,) = re.findall(r"^torch==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert "+" not in torch


def test_no_secrets_no_pipes_into_a_shell_no_add():
    assert not re.search(r"(?i)(password|secret|token|api_?key)\s*=(?!token\b)", TEXT)
    assert not re.search(r"(curl|wget)\s[^\n]*\|\s*(ba|da)?sh", TEXT)
    assert not of("ADD")


def test_telemetry_is_off_and_ray_requires_its_token():
    env = " ".join(of("ENV")).split()
    for setting in (
        "RAY_AUTH_MODE=token",
        "RAY_USAGE_STATS_ENABLED=0",
        "MLFLOW_DISABLE_TELEMETRY=true",
        "DO_NOT_TRACK=true",
    ):
        assert setting in env


def test_no_cache_is_left():
    assert "PIP_NO_CACHE_DIR=1" in " ".join(of("ENV"))
    (apt,) = [run for run in of("RUN") if "apt-get install" in run]
    assert "--no-install-recommends" in apt and apt.endswith("rm -rf /var/lib/apt/lists/*")


def test_all_that_is_copied_is_admitted_by_dockerignore_and_is_there():
    sources = [
        source for copy in of("COPY") if "--from" not in copy for source in copy.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert CHECK.admitted(IGNORE, source), source
    for source in set(sources) - {"README.md"}:
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize(
    "private", [".env", "docker/.env", ".git", "mlflow.db", "mlartifacts", "sweep_store", "data"]
)
def test_dockerignore_starts_from_nothing_and_keeps_private_things_out(private: str):
    rules = [line for line in IGNORE.splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not CHECK.admitted(IGNORE, private)


def test_instructions_join_lines_and_drop_comments():
    text = '# a\nFROM x AS build\nRUN a \\\n  # why\n  && b\nCMD ["c"]\n'
    assert CHECK.instructions(text) == [
        ("FROM", "x AS build"),
        ("RUN", "a    && b"),
        ("CMD", '["c"]'),
    ]
    assert CHECK.stage(CHECK.instructions(text), "build")[0] == ("RUN", "a    && b")


def test_paths_of_the_image_are_put_below_the_folder(tmp_path):
    text = "python -m venv /opt/venv && ls /srcs /opt/venv/bin:/x"
    assert CHECK.below(tmp_path, text) == (
        f"python -m venv {tmp_path}/opt/venv && ls /srcs {tmp_path}/opt/venv/bin:/x"
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_build_stage_goes_through_without_an_engine(tmp_path):
    """The CPU image's pip steps, in full. torch comes from pip's own index (TORCH_INDEX empty)."""
    command = [
        sys.executable,
        str(DOCKER / "check_build.py"),
        "--build-arg",
        "TORCH_INDEX=",
        "image",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=1700)
    wanted = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    python = tmp_path / "image/opt/venv/bin/python"
    freeze = subprocess.run(
        [python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    )
    pins = dict(re.findall(r"^([\w.-]+)==([^\s+]+)", wanted.lower().replace("_", "-"), re.M))
    found = dict(
        re.findall(r"^([\w.-]+)==([^\s+]+)", freeze.stdout.lower().replace("_", "-"), re.M)
    )
    assert {"torch", "ray", "mlflow", "psycopg2-binary"} <= set(found)
    assert {name: version for name, version in found.items() if name in pins} == {
        name: pins[name] for name in found if name in pins
    }
