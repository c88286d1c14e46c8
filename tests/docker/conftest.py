"""The image, built once for every test that runs it in a real engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import BASE, container_engine, make_base, pip_settings
from tests.docker.places import DOCKER, ROOT, load_yaml
from tests.docker.stand_ins import make_stand_ins

IMAGE = load_yaml("compose.yaml")["x-image"]["image"].replace("${TORCH:-cpu}", "cpu")


@pytest.fixture(scope="session")
def engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for `container_engine` with the base image, IMAGE and the stand-ins."""
    folder = tmp_path_factory.mktemp("engine")
    with container_engine(folder, own_network=False) as engine:
        building = folder / "base"
        building.mkdir()
        with pip_settings(building):
            make_base(engine, building)
            engine(
                *("build", "--network", "host", "--file", str(DOCKER / "Dockerfile")),
                *("--build-arg", f"BASE={BASE}", "--tag", IMAGE, str(ROOT)),
                timeout_s=1800,
            )
        make_stand_ins(engine, building, IMAGE)
    yield folder
    shutil.rmtree(folder)  # gigabytes
