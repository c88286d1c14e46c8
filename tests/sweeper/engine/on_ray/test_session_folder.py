"""The temporary folder of a Ray that was started here: known while it runs, freed afterwards."""

import subprocess
import sys
import time

import pytest

from sweeper.engine.in_process import InProcessEngine
from sweeper.engine.on_ray.engine import RayEngine
from sweeper.store.clean import remove_files
from sweeper.store.ray_sessions import ended_sessions

PROGRAM = """
import sys
from pathlib import Path
from sweeper.engine.on_ray.engine import RayEngine
from sweeper.store.ray_sessions import ended_sessions, record_session
engine = RayEngine(None, cpus=1)
with engine.session():
    record_session(sys.argv[1], engine.session_folder)
    print(engine.session_folder, ended_sessions(Path(sys.argv[1])))
print(engine.session_folder)
"""


@pytest.mark.slow
@pytest.mark.xdist_group("ray")  # one Ray at a time
def test_it_is_refused_while_ray_runs_and_goes_when_its_processes_have_ended(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True
    )
    first, last = done.stdout.splitlines()
    while not (found := ended_sessions(tmp_path)):  # until the test's own time limit
        time.sleep(0.2)
    folder = found[0].path
    assert (first, last) == (f"{folder} []", "None")
    assert len(found) == 1 and found[0].size > 0
    assert remove_files(found) == [] and not folder.exists()


def test_without_ray_there_is_none():
    assert InProcessEngine().session_folder is None and RayEngine(None).session_folder is None
