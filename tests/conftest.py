"""Settings for every test. Machines differ and are shared: no example is failed for being slow."""

import gc
import os
import secrets
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from trainers.own_code.registry import unload_all

gc.disable()  # until all is imported and collected, of which nothing is garbage

settings.register_profile(
    "sweeper", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sweeper")

# As a launch gives each of its trainings: where several processes share the cores, threads of
# PyTorch and NumPy that wait for each other take most of a small product's time. Tests of threads
# set their number themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A process reads how Ray asks for a token once, whichever test loads Ray first.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))

os.environ["SWEEPER_PROBE"] = "0"  # plans time nothing, unless a test asks for it


@pytest.fixture(autouse=True)
def own_code_unloaded() -> Iterator[None]:
    """Own models that a test loads are not seen by the tests after it in the same process."""
    yield
    unload_all()


@pytest.fixture
def sighup_not_ignored() -> Iterator[None]:
    """SIGHUP has its default effect, here and in new processes, even under `nohup make test`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_disks():
    """No test of these processes survives a loss of power, so nothing waits for a disk to write."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda descriptor: None)
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With `--dist loadfile`, our own distribution."""
    if config.getvalue("dist") != "loadfile":
        return None
    from tests.support.distribution import ByFile

    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Groups of files that share a process come first, as they take longest."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_collection_finish(session):
    """From here on, searches for cycles leave out what was imported and collected."""
    gc.freeze()
    gc.enable()
