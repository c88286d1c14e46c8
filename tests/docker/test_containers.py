"""The stack of compose.yaml as real containers: a launch while each service in turn is killed."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.docker.conftest import IMAGE
from tests.docker.engine import container_engine
from tests.docker.places import load_yaml
from tests.docker.stack import WAIT_S, Launch, Stack
from tests.docker.stand_ins import make_stand_ins

pytestmark = [pytest.mark.fault, pytest.mark.timeout(2400)]
SERVICES = load_yaml("compose.yaml")["services"]
OURS = {name for name, found in SERVICES.items() if found["image"].startswith("sweeper:")}


@pytest.fixture(scope="module")
def stack(engine_folder, tmp_path_factory):
    """The stack, up with two workers of one CPU."""
    folder = tmp_path_factory.mktemp("stack")
    with container_engine(engine_folder, own_network=False) as engine:
        make_stand_ins(engine, folder, IMAGE)
    with container_engine(engine_folder, own_network=True) as engine:
        stack = Stack(engine, folder)
        stack.compose("up", "--detach")
        yield stack


MACHINE, NEIGHBOUR = "192.0.2.1", "192.0.2.2"
# Prints what comes of a connection to ADDRESS PORT.
PROBE = [
    *("python3", "-c"),
    """import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()
    print("answered")
except OSError as error:
    print(type(error).__name__)""",
]


@pytest.fixture
def neighbour(stack):
    """PROBE from another machine of the engine's local network, which routes to its containers."""
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as machine:
        place = Path(f"/proc/{machine.pid}/ns/net")
        while os.readlink(place) == os.readlink("/proc/self/ns/net"):
            time.sleep(0.1)

        def run(*command):
            enter = ["nsenter", f"--net={place}", *command]
            return subprocess.run(enter, check=True, capture_output=True, text=True).stdout

        link = ["ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1", "netns"]
        stack.on_host(*link, str(machine.pid))
        for here, name, address in ((stack.on_host, "lan0", MACHINE), (run, "lan1", NEIGHBOUR)):
            here("ip", "address", "add", f"{address}/24", "dev", name)
            here("ip", "link", "set", name, "up")
        run("ip", "route", "add", "default", "via", MACHINE)
        yield lambda *address: run(*PROBE, *address)
        machine.kill()


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
    if victim == "head":  # Ray ends a driver whose head comes back without its state
        assert code == 1, launch.output
        launch = Launch(stack, victim)
        code = launch.wait()
    assert code == 0, f"{launch.output}\n{stack.logs()}"
    table, held = reference
    assert launch.table() == table
    found = stack.taken(victim)
    assert found["rows"] == held["rows"]
    assert "RUNNING" not in found["statuses"]


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
    end = time.monotonic() + WAIT_S
    while True:
        found = [stack.containers()[name] for name in names]
        healthy = all(one["State"]["Health"]["Status"] == "healthy" for one in found)
        if healthy and all(one["RestartCount"] for one in found):
            break
        assert time.monotonic() < end, stack.logs()
        time.sleep(1)
