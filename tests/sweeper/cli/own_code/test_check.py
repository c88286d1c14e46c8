"""`sweeper check`: its lines, and its exit codes."""

import json
import shutil
from pathlib import Path

import pytest

from sweeper.cli.own_code.check import check
from sweeper.errors import UsageError
from trainers.errors import OwnCodeError

ROOT = Path(__file__).parents[4]
BROKEN = ROOT / "tests/trainers/contracts/broken"


def run(target, only=None, as_json=False, data=None):
    return check(str(target), only, data, [], as_json)


def test_an_own_measure_passes(capsys):
    assert run(ROOT / "examples/own_measure.py") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "5 checks: ok" and "measure rank_gap: range: 0 to 1" in lines[1]


def test_a_broken_part_fails_and_is_named(capsys):
    assert run(BROKEN / "measures.py", only="measure:too_large") == 1
    out = capsys.readouterr().out
    assert "failed measure too_large: range: it gives 4" in out and "drifting" not in out


def test_json_has_a_verdict_for_each_check(capsys):
    assert run(BROKEN / "shape.py", as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    states = [(verdict["kind"], verdict["check"], verdict["ok"]) for verdict in found]
    assert states == [
        ("network", "constructs", True),
        ("network", "shapes for each dataset", False),
    ], "the checks after it would repeat its mistake"


def test_wrong_input_is_one_line():
    with pytest.raises(UsageError, match='part "l_vaee" is unknown. Did you mean "l_vae"'):
        run("l_vaee")
    with pytest.raises(UsageError, match='Did you mean "measure:drifting"'):
        run(BROKEN / "measures.py", only="measure:drifing")
    with pytest.raises(OwnCodeError, match=r"raises.py:3: raises NameError on import"):
        run(BROKEN / "raises.py")


def test_a_built_in_part_by_name(capsys):
    assert run("cbd") == 0
    assert "measure cbd: repeatable" in capsys.readouterr().out


def test_a_file_in_this_folder(tmp_path, monkeypatch):
    shutil.copy(ROOT / "examples/own_measure.py", tmp_path / "mine.py")
    monkeypatch.chdir(tmp_path)
    assert run("mine.py") == 0


def test_a_published_dataset_is_looked_for_in_the_folder_of_data(tmp_path, capsys):
    assert run("shapes3d", data=tmp_path / "elsewhere") == 1
    assert f"not prepared in {tmp_path / 'elsewhere'}" in capsys.readouterr().out
