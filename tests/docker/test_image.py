"""The image and the stack of compose.yaml, run by a real container engine.

One file, so that one process builds the image. A launch on the stack goes on, or is resumed, while
each service in turn is killed."""

import json
import re
import time

import pytest

from tests.docker.conftest import IMAGE
from tests.docker.engine import BASE, container_engine
from tests.docker.neighbour import MACHINE, NEIGHBOUR, PROBE, neighbour_of
from tests.docker.places import ROOT, load_yaml
from tests.docker.stack import Launch, Stack
from tests.sweeper.support.cli_runs import metric_table

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(2400)]
SERVICES = load_yaml("compose.yaml")["services"]
OURS = {name for name, found in SERVICES.items() if found["image"].startswith("sweeper:")}
USER = "12345:12345"  # without an entry in the image's /etc/passwd
GRID = """
datasets: dsprites
models: [vae, l_vae]
axes: {batch_size: 4, learning_rate: 1e-3, iterations: [300, 600], network: cnn}
evaluation: {num_points: 100, measures: [cbd]}
resources: {checkpoint_every_s: 1}
select: {min_active: 0}
"""


@pytest.fixture(scope="module")
def docker(engine_folder):
    with container_engine(engine_folder, own_network=True) as engine:
        yield engine


@pytest.fixture
def folder(tmp_path):
    """A folder that the containers' user may write, with a grid."""
    place = tmp_path / "work"
    place.mkdir()
    (place / "tiny.yaml").write_text(GRID)
    place.chmod(0o777)
    return place


def options(folder, name=None):
    """A container as narrow as the documentation's: any user, nothing writable but the folder and
    /tmp, no capabilities."""
    found = ["--rm", "--user", USER, "--read-only", "--tmpfs", "/tmp", "--shm-size", "1g"]
    found += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"]
    found += ["--volume", f"{folder}:/work"]
    return ["run", *found, *(["--name", name] if name else [])]


def launch(docker, folder):
    return docker(*options(folder), IMAGE, "launch", "tiny.yaml", timeout_s=600)


def test_it_is_smaller_than_1500_megabytes(docker):
    sizes = docker("image", "inspect", "--format", "{{.Size}}", IMAGE, BASE).stdout.split()
    assert int(sizes[0]) < 1.5e9, sizes


def test_its_packages_are_the_pinned_ones(docker, folder):
    freeze = docker(*options(folder), IMAGE, "python", "-m", "pip", "freeze").stdout
    wanted, found = (versions(text) for text in ((ROOT / "constraints.txt").read_text(), freeze))
    assert {"torch", "ray", "mlflow", "psycopg2-binary"} <= set(found)
    assert {name: found[name] for name in found if name in wanted} == {
        name: wanted[name] for name in found if name in wanted
    }


def versions(text):
    """{package: version}, without the local part of a version (+cpu)."""
    lines = text.lower().replace("_", "-")
    return dict(re.findall(r"^([\w.-]+)==([^\s+]+)", lines, re.MULTILINE))


def test_a_grid_of_the_image_is_launched_where_the_folder_has_none(docker, folder):
    arguments = ("launch", "grids/quickstart.yaml", "--scale", "0.02", "--points", "50")
    done = docker(*options(folder), IMAGE, *arguments, timeout_s=900)
    assert "48 of 48 runs done." in done.stdout
    assert "grids/quickstart.yaml is not in /work: taking the image's" in done.stderr


def test_other_programs_run_by_their_names(docker, folder):
    assert "ray, version" in docker(*options(folder), IMAGE, "ray", "--version").stdout
    assert "mlflow, version" in docker(*options(folder), IMAGE, "mlflow", "--version").stdout
    assert docker(*options(folder), IMAGE, "sh", "-c", "id -u").stdout == "12345\n"


def test_a_killed_launch_is_resumed_to_the_same_bits(docker, folder, tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    whole.chmod(0o777)
    (whole / "tiny.yaml").write_text(GRID)
    done = launch(docker, whole)
    assert "4 of 4 runs done." in done.stdout and "L-VAE" in done.stdout
    assert {path.stat().st_uid for path in whole.rglob("*") if path.name != "tiny.yaml"} == {12345}

    docker(*options(folder, "killed"), "--detach", IMAGE, "launch", "tiny.yaml")
    end = time.monotonic() + 300
    while not list(folder.glob("sweep_store/trainings/*/checkpoint-*")):
        assert time.monotonic() < end, docker("logs", "killed", check=False).stderr
        time.sleep(0.5)
    docker("kill", "killed")
    while docker("ps", "--quiet", "--filter", "name=killed").stdout:
        time.sleep(0.5)
    again = launch(docker, folder)
    assert "4 of 4 runs done." in again.stdout
    assert metric_table(folder) == metric_table(whole)


def test_nothing_secret_is_in_its_layers_or_environment(docker):
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE).stdout
    inspected = json.loads(docker("image", "inspect", IMAGE).stdout)[0]["Config"]
    assert inspected["User"] == "1000:1000"
    names = {line.partition("=")[0] for line in inspected["Env"]}
    assert not {name for name in names if name.endswith(("PASSWORD", "SECRET", "KEY", "TOKEN"))}
    for word in ("PASSWORD=", "SECRET=", "SECRET_KEY=", "AUTH_TOKEN="):
        assert word not in history


@pytest.fixture(scope="module")
def stack(docker, tmp_path_factory):
    """The stack of compose.yaml, up with two workers of one CPU."""
    stack = Stack(docker, tmp_path_factory.mktemp("stack"))
    stack.compose("up", "--detach")
    return stack


@pytest.fixture
def neighbour(stack):
    with neighbour_of(stack) as connect:
        yield connect


@pytest.fixture(scope="module")
def reference(stack):
    """(the table, what MLflow holds) of an undisturbed launch."""
    launch = Launch(stack, "reference")
    assert launch.wait() == 0, f"{launch.output}\n{stack.logs()}"
    return launch.table(), stack.taken("reference")


def test_a_launch_trains_and_publishes_everything(reference):
    table, held = reference
    assert "8 of 8 runs done." in table and "L-VAE" in table
    assert len(held["rows"]) == 8 and set(held["statuses"]) == {"FINISHED"}


@pytest.mark.parametrize("victim", ["worker", "mlflow", "postgres", "head"])
def test_a_killed_container_changes_no_number(stack, reference, victim):
    launch = Launch(stack, victim)
    launch.wait_for(lambda: launch.stored("trainings/*/checkpoint-*"))
    stack.engine("kill", f"sweeper-{victim}-1")
    time.sleep(5)
    stack.compose("start")
    code = launch.wait()
    if victim == "head":
        # Its state is gone: Ray ends the workers, which start again and join it, and a driver that
        # is not done by then.
        stack.wait_until(workers_are_younger_than_head)
        if code == 1:
            launch = Launch(stack, victim)
            code = launch.wait()
    assert code == 0, f"{launch.output}\n{stack.logs()}"
    table, held = reference
    assert launch.table() == table
    found = stack.taken(victim)
    assert found["rows"] == held["rows"]
    assert "RUNNING" not in found["statuses"]


def workers_are_younger_than_head(stack):
    started = {name: found["State"]["StartedAt"] for name, found in stack.containers().items()}
    workers = [moment for name, moment in started.items() if name.startswith("sweeper-worker-")]
    return len(workers) == 2 and min(workers) > started["sweeper-head-1"]


def test_ours_run_without_root_and_cannot_change_their_image(stack):
    for service in ("head", "worker", "mlflow"):
        assert stack.exec(service, "id", "-u") == "1000\n"
        assert "Read-only file system" in stack.exec(service, "touch", "/work/x", "/opt/x")
        assert stack.exec(service, "sh", "-c", "grep CapEff /proc/1/status").split()[1] == "0" * 16
    for name, found in stack.containers().items():
        assert found["HostConfig"]["ReadonlyRootfs"] is (name.split("-")[1] in OURS), name


def test_only_mlflow_answers_and_only_this_machine(stack, neighbour):
    containers = stack.containers()
    bindings = {name: found["HostConfig"]["PortBindings"] for name, found in containers.items()}
    assert bindings.pop("sweeper-mlflow-1") == {
        "5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5000"}]
    }
    assert not any(bindings.values())
    assert stack.on_host(*PROBE, "127.0.0.1", "5000").stdout == "answered\n"
    assert neighbour(MACHINE, "5000") == "ConnectionRefusedError\n"
    head = containers["sweeper-head-1"]["NetworkSettings"]["Networks"]["sweeper_cluster"]
    assert stack.exec("worker", *PROBE, head["IPAddress"], "6379") == "answered\n"
    assert neighbour(head["IPAddress"], "6379") == "TimeoutError\n"
    for service in ("head", "worker", "postgres"):  # no way out: dropped, or without a route
        assert stack.exec(service, *PROBE, NEIGHBOUR, "22") in ("TimeoutError\n", "OSError\n")


def test_secrets_are_in_no_command_line_and_ray_has_only_its_token(stack):
    for name, found in stack.containers().items():
        if found["State"]["Running"]:
            listing = stack.engine("top", name, "-eo", "pid,args").stdout
            assert not [value for value in stack.secrets.values() if value in listing], listing
    for service in ("head", "worker"):
        held = stack.exec(service, "sh", "-c", "cat /proc/[0-9]*/environ")
        found = {key for key, value in stack.secrets.items() if value in held}
        assert found == {"RAY_AUTH_TOKEN"}


def test_what_crashes_is_started_again(stack):
    """The restart policy does that; what `docker kill` ended, it leaves alone."""
    names = ["sweeper-mlflow-1", "sweeper-postgres-1"]
    for name in names:
        stack.crash(stack.containers()[name]["State"]["Pid"])

    def are_started_again(stack):
        found = [stack.containers()[name] for name in names]
        healthy = all(one["State"]["Health"]["Status"] == "healthy" for one in found)
        return healthy and all(one["RestartCount"] for one in found)

    stack.wait_until(are_started_again)
