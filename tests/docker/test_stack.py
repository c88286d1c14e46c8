"""The services of compose.yaml with their own commands, as processes on loopback: no containers.

Only host names, ports and paths are replaced. moto's server stands in for the S3 store."""

import base64
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.places import DOCKER, SECRETS, load_yaml, script
from tests.docker.processes import free_port, postgres, running, status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SERVICES = load_yaml("compose.yaml")["services"]
BIN = Path(sys.executable).parent


def quiet_env(home: Path, **more: str) -> dict[str, str]:
    """An environment with nothing of the caller's but where programs are."""
    off = {"RAY_USAGE_STATS_ENABLED": "0", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return (
        {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8"} | off | more
    )


def command(service: str, replaced: dict[str, str]) -> list[str]:
    """The command of a service, with its places replaced. Every replacement must apply."""
    line = SERVICES[service]["command"]
    for old, new in replaced.items():
        assert old in line, f"{service}: {old!r} is not in {line!r}"
        line = line.replace(old, new)
    return shlex.split(line)


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    pytest.importorskip("flask")
    moto_server = pytest.importorskip("moto.moto_server.threaded_moto_server")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def objects(s3_endpoint: str) -> Iterator[pytest.MonkeyPatch]:
    """Credentials and address of the store, and the bucket made by the script of the image."""
    pytest.importorskip("boto3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", SECRETS["S3_ACCESS_KEY"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS["S3_SECRET_KEY"])
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        make_bucket = script("make_bucket.py").make_bucket
        make_bucket("mlflow")
        make_bucket("mlflow")  # a second `compose up` finds it there
        yield patch


@pytest.fixture(scope="module")
def mlflow_url(objects, s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory):
    """The MLflow server of compose.yaml, on a fresh PostgreSQL."""
    pytest.importorskip("psycopg2")
    pytest.importorskip("flask_wtf")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    with postgres(SECRETS["POSTGRES_PASSWORD"]) as database_port:
        address = f"@127.0.0.1:{database_port}/"
        settings = (DOCKER / "mlflow_auth.ini").read_text().replace("@postgres/", address)
        (folder / "auth.ini").write_text(settings)
        line = command(
            "mlflow",
            {
                "--host 0.0.0.0 --port 5000": f"--host 127.0.0.1 --port {port}",
                "--workers 2": "--workers 1",
                "@postgres/": address,
                "${MLFLOW_PORT:-5000}": str(port),
            },
        )
        env = quiet_env(
            folder,
            PGPASSWORD=SECRETS["POSTGRES_PASSWORD"],
            MLFLOW_AUTH_CONFIG_PATH=str(folder / "auth.ini"),
            MLFLOW_AUTH_ADMIN_USERNAME="sweeper",
            MLFLOW_AUTH_ADMIN_PASSWORD=SECRETS["MLFLOW_PASSWORD"],
            MLFLOW_FLASK_SERVER_SECRET_KEY=SECRETS["MLFLOW_SECRET_KEY"],
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
            MLFLOW_S3_ENDPOINT_URL=s3_endpoint,
            MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE="path",
            AWS_ACCESS_KEY_ID=SECRETS["S3_ACCESS_KEY"],
            AWS_SECRET_ACCESS_KEY=SECRETS["S3_SECRET_KEY"],
            AWS_DEFAULT_REGION="us-east-1",
        )
        assert set(SERVICES["mlflow"]["environment"]) <= set(env)
        url = f"http://127.0.0.1:{port}"
        with running(line, env, lambda: status(f"{url}/health") == 200, folder / "log"):
            yield url


def authorization(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"sweeper:{password}".encode()).decode()}


SEARCH = "/api/2.0/mlflow/experiments/search?max_results=5"
RIGHT = authorization(SECRETS["MLFLOW_PASSWORD"])


def test_mlflow_asks_for_the_password(mlflow_url: str):
    assert status(mlflow_url + SEARCH) == 401
    assert status(mlflow_url + SEARCH, **authorization("wrong-password")) == 401
    assert status(mlflow_url + SEARCH, **RIGHT) == 200


def test_mlflow_answers_to_the_names_it_is_given_and_to_no_other(mlflow_url: str):
    assert status(mlflow_url + SEARCH, Host="mlflow:5000", **RIGHT) == 200
    assert status(mlflow_url + SEARCH, Host="rebound.example:5000", **RIGHT) == 403
    assert status(mlflow_url + SEARCH, Host="10.1.2.3:5000", **RIGHT) == 403


def test_artifacts_go_through_the_server_into_the_store(mlflow_url, objects, monkeypatch, tmp_path):
    """The client has a password of MLflow and no key of the store."""
    import boto3
    from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository
    from mlflow.tracking import MlflowClient

    from sweeper.tracking.mlflow_defaults import set_mlflow_defaults

    # The server offers addresses of the store, which its clients cannot reach.
    monkeypatch.delattr(HttpArtifactRepository, "_multipart_download")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    set_mlflow_defaults()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv(
        "MLFLOW_TRACKING_URI", mlflow_url
    )  # for uploads, which do not ask the client
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "sweeper")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRETS["MLFLOW_PASSWORD"])
    client = MlflowClient(mlflow_url)
    run = client.create_run(client.create_experiment("stack"))
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    (tmp_path / "trajectory.bin").write_bytes(b"\x00\x01\x02")
    client.log_artifact(run.info.run_id, str(tmp_path / "trajectory.bin"))
    (tmp_path / "back").mkdir()
    back = client.download_artifacts(run.info.run_id, "trajectory.bin", str(tmp_path / "back"))
    assert Path(back).read_bytes() == b"\x00\x01\x02"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", SECRETS["S3_ACCESS_KEY"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS["S3_SECRET_KEY"])
    keys = [
        found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket="mlflow")["Contents"]
    ]
    assert [key.rsplit("/", 1)[1] for key in keys] == ["trajectory.bin"]
    assert keys[0].startswith("artifacts/")


def end_all_below(folder: Path) -> None:
    """End what Ray left running for this session, known by the folder in its command line."""
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in part for part in process.info["cmdline"] or []):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def ray_head(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, dict[str, str]]]:
    """The head of compose.yaml, healthy by its own check: (its address, the right environment)."""
    ports = {name: free_port() for name in ("gcs", "dashboard", "agent")}
    tmp_path = tmp_path_factory.mktemp("ray")
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # short: sockets lie below it
    secret = SERVICES["head"]["environment"]["RAY_AUTH_TOKEN"]
    assert secret.startswith("${RAY_AUTH_TOKEN:?")
    env = quiet_env(tmp_path, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=SECRETS["RAY_AUTH_TOKEN"])
    replaced = {
        "--port=6379": f"--port={ports['gcs']} --temp-dir={folder} --node-ip-address=127.0.0.1",
        "--dashboard-host=0.0.0.0": "--dashboard-host=127.0.0.1",
        "--dashboard-port=8265": f"--dashboard-port={ports['dashboard']} "
        f"--dashboard-agent-listen-port={ports['agent']}",
    }
    check = SERVICES["head"]["healthcheck"]["test"][1]
    for old, new in (("52365", "agent"), ("8265", "dashboard")):
        check = check.replace(f":{old}/", f":{ports[new]}/")
    ready = lambda: subprocess.run(["sh", "-c", check], env=env).returncode == 0  # noqa: E731
    try:
        with running(command("head", replaced), env, ready, tmp_path / "head.log"):
            yield f"127.0.0.1:{ports['gcs']}", env
    finally:
        end_all_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


# Stands where `sweeper` is: connects as a driver would; prints what it was given and found.
DRIVER = """#!{python}
import json, sys, ray
ray.init(address=sys.argv[sys.argv.index("--address") + 1], log_to_driver=False)
cpus = ray.cluster_resources().get("CPU", 0)
found = {{"argv": sys.argv[1:], "nodes": len(ray.nodes()), "cpus": cpus}}
print("found " + json.dumps(found))
"""


def test_a_driver_joins_with_the_token_and_brings_no_resources(ray_head, tmp_path: Path):
    address, env = ray_head
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sweeper").write_text(DRIVER.format(python=sys.executable))
    (programs / "sweeper").chmod(0o755)
    join = ["sh", str(DOCKER / "join_and_launch.sh"), "--store", "/store", "grids/quickstart.yaml"]
    env = env | {"RAY_HEAD": address, "PATH": f"{programs}:{env['PATH']}"}
    done = subprocess.run(join, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    assert json.loads(line.removeprefix("found ")) == {
        "argv": ["launch", "--store", "/store", "grids/quickstart.yaml", "--address", address],
        "nodes": 2,
        "cpus": 0,
    }


@pytest.mark.parametrize("wrong", [{"RAY_AUTH_TOKEN": "f" * 32}, {"RAY_AUTH_MODE": "disabled"}])
def test_a_wrong_token_is_rejected(ray_head, wrong: dict[str, str]):
    address, env = ray_head
    probe = ["ray", "health-check", "--address", address]
    assert subprocess.run(probe, env=env, timeout=60).returncode == 0
    refused = subprocess.run(probe, env=env | wrong, capture_output=True, text=True, timeout=60)
    assert refused.returncode != 0 and "InvalidAuthToken" in refused.stderr


def test_a_driver_without_a_head_ends_with_an_error(tmp_path: Path):
    done = subprocess.run(
        ["sh", str(DOCKER / "join_and_launch.sh"), "grid.yaml"],
        env=quiet_env(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "RAY_HEAD is not set" in done.stderr
