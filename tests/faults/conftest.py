"""What a sweep leaves behind that nothing disturbed."""

import pytest

from tests.faults.sweeps import PART, SOAK, TINY, Sweep, stored


def undisturbed(folder, grid, runs):
    sweep = Sweep(folder, grid)
    assert sweep.launch() == 0, sweep.output
    points = stored(folder)
    assert len(points) == runs
    return points


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The metrics of TINY's four runs."""
    return undisturbed(tmp_path_factory.mktemp("tiny"), TINY, 4)


@pytest.fixture(scope="session")
def soak(tmp_path_factory):
    """The metrics of SOAK's 36 runs."""
    return undisturbed(tmp_path_factory.mktemp("soak"), SOAK, 36)


@pytest.fixture(scope="session")
def part(tmp_path_factory):
    """The metrics of PART's 12 runs."""
    return undisturbed(tmp_path_factory.mktemp("part"), PART, 12)
