"""The Dockerfile: linted by hadolint where it is installed, and held to rules of our own."""

import re
import subprocess

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
    assert [arguments.split()[0] for arguments in of("FROM")] == ["${BASE}", "build", "${BASE}"]


def test_runs_as_a_numbered_user_that_is_not_root():
    assert of("USER") == ["1000:1000"]
    assert "USER" in [keyword for keyword, _ in STEPS[-4:]]  # nothing is installed after it
    assert not any(keyword in ("RUN", "COPY", "ADD") for keyword, _ in STEPS[-4:])


def test_programs_get_their_signals():
    # Exec form, and a script that ends in exec: no shell in between that would swallow SIGTERM.
    assert of("ENTRYPOINT") == ['["tini", "--", "/opt/sweeper/entrypoint.sh"]']
    assert of("CMD")[0].startswith("[")
    text = (DOCKER / "entrypoint.sh").read_text()
    assert text.count('exec "$@"') == 1 and text.endswith('exec sweeper "$@"\n')


def entrypoint(folder, *arguments):
    """What the entrypoint runs, with an `echo` in place of sweeper."""
    (folder / "sweeper").write_text('#!/bin/sh\necho sweeper "$@"\n')
    (folder / "sweeper").chmod(0o755)
    return subprocess.run(
        ["sh", str(DOCKER / "entrypoint.sh"), *arguments],
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


def test_the_entrypoint_runs_commands_of_sweeper_and_programs(tmp_path):
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids" / "a.yaml").touch()
    done = entrypoint(tmp_path, "launch", "grids/a.yaml", "--cpus", "1 2")
    assert (done.returncode, done.stdout) == (0, "sweeper launch grids/a.yaml --cpus 1 2\n")
    assert entrypoint(tmp_path, "launch", "grids/none.yaml").stdout == (
        "sweeper launch grids/none.yaml\n"
    )
    assert entrypoint(tmp_path, "sh", "-c", "echo $0 $1", "a b", "c").stdout == "a b c\n"
    assert entrypoint(tmp_path, "/bin/echo", "x").stdout == "x\n"
    assert entrypoint(tmp_path).stdout == "sweeper\n"


def test_slim_removes_what_no_program_uses_and_nothing_else(tmp_path):
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    removed = ["torch/include/a.h", "pyarrow/lib.a", "scipy/stats/tests/test_x.py", "ray/jars/x"]
    removed += ["botocore/data/zocalo/a.json", "torch/__pycache__/a.pyc", "numpy/a.pyi"]
    kept = ["torch/__init__.py", "torch/testing/x.py", "torch/bin/torch_shm_manager", "ray/x.py"]
    kept += ["botocore/data/s3/a.json", "botocore/data/endpoints.json"]
    for name in (*removed, *kept):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text("12345678")
    assert script("slim.py").slim(packages) == 8 * len(removed)
    left = [str(p.relative_to(packages)) for p in packages.rglob("*") if p.is_file()]
    assert sorted(left) == sorted(kept)


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
    last = max(n for n, (keyword, _) in enumerate(STEPS) if keyword == "FROM")
    (apt,) = [text for keyword, text in STEPS[last:] if "apt-get install" in text]
    assert "--no-install-recommends" in apt
    assert apt.endswith("rm -rf /var/lib/apt/lists/* /var/cache/apt/*")


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
