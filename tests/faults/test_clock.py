"""A clock that jumps by a day, forward and back: no metric changes, no lock is broken."""

import os
import signal

import pytest

from tests.faults.sweeps import TINY, Sweep, stored

# For every Python process of a launch: its clock is off by what a file says.
SITE = """
import os, time

def _off(real):
    def shifted():
        try:
            with open(os.environ["CLOCK_OFF"]) as file:
                days = int(file.read())
        except (OSError, ValueError):
            days = 0
        value = real()
        return value + type(value)(days * 86400 * (1 if real is _time else 10**9))
    return shifted

_time = time.time
time.time, time.time_ns = _off(time.time), _off(time.time_ns)
"""


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_clock_that_jumps_changes_nothing(tiny, tmp_path):
    site, off = tmp_path / "site", tmp_path / "off"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE)
    sweep = Sweep(tmp_path / "sweep", TINY, PYTHONPATH=str(site), CLOCK_OFF=str(off))
    with sweep.started() as process:
        sweep.wait_for(process, lambda: sweep.records() >= 1)
        off.write_text("1")
        sweep.wait_for(process, lambda: sweep.records() >= 2)
        refused = sweep.run("launch", "grid.yaml")
        assert refused.returncode == 2 and " is in use by the launch of grid" in refused.stderr
        off.write_text("-1")
        os.kill(process.pid, signal.SIGKILL)
    assert sweep.launch() == 0, sweep.output
    assert stored(sweep.folder) == tiny
