"""compose.yaml: read by Docker's own client where it is installed, and held to rules of our own."""

import os
import re
import stat
import subprocess
from typing import Any

import pytest
import yaml

from tests.docker.places import DOCKER, SECRETS, compose_config, load_yaml

RAW = load_yaml("compose.yaml")
OURS = ("head", "worker", "sweep", "mlflow", "bucket")
LONG_RUNNING = ("head", "worker", "mlflow", "postgres", "s3")


def merged(service: str) -> dict[str, Any]:
    """A service with its YAML merges done (PyYAML does them) and its defaults left as written."""
    return RAW["services"][service]


def command(service: str) -> str:
    found = merged(service)["command"]
    return found if isinstance(found, str) else " ".join(found)


def test_only_mlflow_is_published_and_only_on_loopback():
    published = {
        name: found["ports"] for name, found in RAW["services"].items() if "ports" in found
    }
    assert published == {"mlflow": ["127.0.0.1:${MLFLOW_PORT:-5000}:5000"]}
    for found in RAW["services"].values():
        assert found.get("network_mode") is None and found.get("privileged") is None


def test_all_networks_but_that_of_the_ui_are_internal_and_that_one_leads_nowhere():
    networks = RAW["networks"]
    assert {name for name, found in networks.items() if found.get("internal")} == {
        "cluster",
        "database",
        "objects",
    }
    options = networks["ui"]["driver_opts"]
    assert options["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert options["com.docker.network.bridge.host_binding_ipv4"] == "127.0.0.1"


def test_which_services_can_reach_which():
    assert {name: set(found["networks"]) for name, found in RAW["services"].items()} == {
        "head": {"cluster"},
        "worker": {"cluster"},
        "sweep": {"cluster"},
        "mlflow": {"cluster", "database", "objects", "ui"},
        "bucket": {"objects"},
        "postgres": {"database"},
        "s3": {"objects"},
    }


@pytest.mark.parametrize("service", ["head", "worker", "sweep"])
def test_ray_asks_for_its_token(service: str):
    environment = merged(service)["environment"]
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_AUTH_TOKEN"].startswith("${RAY_AUTH_TOKEN:?")


def test_processes_that_run_user_code_have_no_password_of_a_store():
    for service in ("head", "worker"):
        assert set(merged(service)["environment"]) == {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN"}


def test_mlflow_asks_for_a_password_names_its_hosts_and_proxies_artifacts():
    line = command("mlflow")
    assert "--app-name basic-auth" in line
    assert "--allowed-hosts mlflow:5000,127.0.0.1:" in line and "*" not in line
    assert (
        "--backend-store-uri postgresql+psycopg2://mlflow@postgres/mlflow " in line
    )  # no password in it
    assert "--artifacts-destination s3://" in line and "--no-serve-artifacts" not in line
    # The name the sweep uses is one that the server answers to.
    assert "--tracking-uri http://mlflow:5000" in merged("sweep")["entrypoint"]


def test_every_secret_is_demanded_and_none_is_written_down():
    secret = re.compile(r"PASSWORD|TOKEN|SECRET|ACCESS_KEY")
    for name, service in RAW["services"].items():
        for key, value in service.get("environment", {}).items():
            if secret.search(key):
                assert re.fullmatch(r"\$\{[A-Z0-9_]+:\?.+\}", value), (name, key)
        assert not secret.search(str(service.get("command", "")))
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z0-9_]+):\?", text)) == set(SECRETS)


def test_example_lists_each_secret_empty_and_each_option():
    lines = (DOCKER / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if line and not line.startswith("#")} == {
        f"{name}=" for name in SECRETS
    }
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    options = dict(re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", text))
    assert {line for line in lines if "=" in line and line.startswith("# ")} == {
        f"# {name}={default}" for name, default in options.items()
    }


def test_ours_run_without_capabilities_and_nobody_gains_any():
    for name, service in RAW["services"].items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert name not in OURS or service["cap_drop"] == ["ALL"]
        assert name not in OURS or (service["read_only"] is True and service["tmpfs"] == ["/tmp"])
        assert "user" not in service or service["user"] != "root"


def test_images_are_pinned_and_ours_is_one():
    assert {merged(name)["image"] for name in OURS} == {"sweeper:0.1.0-${TORCH:-cpu}"}
    for service in ("postgres", "s3"):
        tag = merged(service)["image"].split(":")[1]
        assert re.match(r"\d+\.\d+", tag)


def test_health_is_checked_and_waited_for():
    for name in LONG_RUNNING:
        assert {"test", "interval", "timeout", "retries"} <= set(merged(name)["healthcheck"])
    for service in RAW["services"].values():
        for waited, how in service.get("depends_on", {}).items():
            wanted = (
                "service_healthy" if waited in LONG_RUNNING else "service_completed_successfully"
            )
            assert how == {"condition": wanted}
    for service in RAW["services"].values():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


def test_volumes_of_services_are_declared_and_a_path_means_one_thing_in_all_of_ray():
    used = {
        volume.split(":")[0]
        for service in RAW["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/"))
    }
    assert used == set(RAW["volumes"])
    assert merged("head")["volumes"] == merged("worker")["volumes"] == merged("sweep")["volumes"]


def test_compose_reads_it_and_means_the_same():
    found = compose_config("compose.yaml", env=SECRETS)
    assert (found.returncode, found.stderr) == (0, "")
    resolved = yaml.safe_load(found.stdout)
    assert set(resolved["services"]) == set(RAW["services"])
    ports = {name: service.get("ports") for name, service in resolved["services"].items()}
    assert ports.pop("mlflow") == [
        {
            "mode": "ingress",
            "host_ip": "127.0.0.1",
            "published": "5000",
            "target": 5000,
            "protocol": "tcp",
        }
    ]
    assert set(ports.values()) == {None}
    sweep = resolved["services"]["sweep"]
    assert sweep["entrypoint"][:3] == ["tini", "--", "/opt/sweeper/join_and_launch.sh"]
    assert sweep["command"] == ["grids/quickstart.yaml"]


def test_compose_with_gpus_gives_them_to_the_workers_alone():
    found = compose_config("compose.yaml", "compose.gpu.yaml", env={**SECRETS, "TORCH": "cu126"})
    assert (found.returncode, found.stderr) == (0, "")
    services = yaml.safe_load(found.stdout)["services"]
    with_gpus = [
        name
        for name, service in services.items()
        if "devices" in service["deploy"]["resources"].get("reservations", {})
    ]
    assert with_gpus == ["worker"]
    assert services["head"]["image"] == services["worker"]["image"] == "sweeper:0.1.0-cu126"
    assert services["worker"]["build"]["args"] == {"TORCH": "cu126", "TORCH_INDEX": ""}


def test_compose_refuses_a_misspelt_device(tmp_path):
    """So the schema of Docker's own client is what compose.gpu.yaml meets."""
    text = (DOCKER / "compose.gpu.yaml").read_text(encoding="utf-8")
    assert "capabilities: [gpu]" in text
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("capabilities: [gpu]", "capabilitys: [gpu]"))
    found = compose_config("compose.yaml", str(wrong), env=SECRETS)
    assert found.returncode != 0 and "capabilitys" in found.stderr


@pytest.mark.parametrize("missing", SECRETS)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_compose_refuses_to_start_without(missing: str, how: str):
    env = {name: value for name, value in SECRETS.items() if name != missing}
    if how == "empty":
        env[missing] = ""
    found = compose_config("compose.yaml", env=env)
    assert found.returncode != 0
    assert f"required variable {missing} is missing a value" in found.stderr
    assert "new_env.sh" in found.stderr


def test_new_env_fills_every_secret_once_for_its_owner_alone(tmp_path):
    (tmp_path / "new_env.sh").write_bytes((DOCKER / "new_env.sh").read_bytes())
    run = ["sh", str(tmp_path / "new_env.sh")]
    subprocess.run(run, check=True, capture_output=True)
    file = tmp_path / ".env"
    values = dict(line.split("=") for line in file.read_text().splitlines())
    assert set(values) == set(SECRETS)
    assert len(set(values.values())) == len(values)
    assert min(len(value) for value in values.values()) >= 20
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    before = file.read_bytes()
    again = subprocess.run(run, capture_output=True, text=True)
    assert again.returncode == 1 and "exists" in again.stderr
    assert file.read_bytes() == before
