"""sweeper merge, pack and unpack as a user runs them."""

import json

import pytest

from sweeper.store.launch_lock import store_lock
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic

CELLS = invented.small_cells()[:4]


def test_a_study_goes_to_a_colleague_and_back(command, new_store, tmp_path):
    uri = new_store()
    synthetic.write_launch(uri, CELLS)
    code, out, _ = command("pack", "table7_1", "s.zip", "--tracking-uri", uri)
    assert code == 0 and "s.zip: 4 runs of table7_1" in out
    code, out, _ = command("unpack", "s.zip", "theirs")
    assert code == 0 and "made again with the same bytes" in out
    code, out, _ = command("merge", "theirs", "--json")
    assert code == 0 and json.loads(out)["copied"] == 4
    code, out, _ = command("merge", "s.zip", "--json")
    assert code == 0 and (json.loads(out)["copied"], json.loads(out)["present"]) == (0, 4)


def test_conflicts_end_with_exit_code_1(command, new_store):
    one, other = new_store(), new_store()
    synthetic.write_launch(one, CELLS)
    synthetic.write_launch(other, CELLS, change=lambda cell, m: m | {"valid/recon": 1.0})
    code, out, _ = command("merge", other, "--tracking-uri", one)
    assert code == 1 and "4 runs have other numbers there" in out
    assert "valid/recon: " in out and "1.0 there" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["merge", "nowhere"], "nowhere: does not exist"),
        (["merge", "file:./mlruns"], "file store"),
        (["pack", "nope.yaml", "x.zip"], "nope.yaml: does not exist"),
        (["unpack", "nope.zip"], "nope.zip: does not exist"),
    ],
)
def test_mistakes_are_one_line(command, arguments, text):
    code, _, lines = command(*arguments)
    assert code in (1, 2) and len(lines) == 1 and text in lines[0]


def test_a_store_in_use_is_refused(command, new_store, tmp_path):
    with store_lock(str(tmp_path / "sweep_store"), "quickstart"):
        code, _, lines = command("merge", new_store())
    assert code == 2 and "is in use by the launch of quickstart" in lines[0]
