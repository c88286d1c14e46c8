"""One Ray of this machine for all engine tests of a process."""

import pytest

from sweeper.engine.on_ray.engine import RayEngine
from sweeper.engine.on_ray.session import ray_session


@pytest.fixture(scope="module")
def ray_engine():
    with ray_session(None, cpus=2):
        yield RayEngine(None)
