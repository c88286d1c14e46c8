"""The engines under test, with one Ray of this machine for all tests of a process."""

import pytest

from sweeper.engine.on_ray.engine import RayEngine
from sweeper.engine.on_ray.session import ray_session
from sweeper.engine.registry import ENGINES, open_engine


@pytest.fixture(scope="module")
def ray_engine():
    with ray_session(None, cpus=2):
        yield RayEngine(None)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.slow if name == "ray" else ()) for name in ENGINES
    ],
)
def engine(request):
    """Each engine; that of Ray in slow tests only."""
    if request.param == "ray":
        return request.getfixturevalue("ray_engine")
    return open_engine(request.param)
