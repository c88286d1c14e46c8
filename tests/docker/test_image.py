"""The image, built and run by a real container engine."""

import json
import re
import time

import pytest

from tests.docker.conftest import IMAGE
from tests.docker.engine import BASE, container_engine
from tests.docker.places import ROOT
from tests.sweeper.support.cli_runs import metric_table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
USER = "12345:12345"  # without an entry in the image's /etc/passwd
GRID = """
datasets: dsprites
models: [vae, l_vae]
axes: {batch_size: 16, learning_rate: 1e-3, iterations: [200, 400], network: cnn}
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
    while docker("ps", "--quiet").stdout:
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
