"""What is printed never stops a command: closed pipes, lost terminals, other encodings."""

import subprocess
import sys

import pytest

from tests.sweeper.support.cli_runs import ROOT

PRINTS = """
import sys
from sweeper.cli.launch.streams import outliving_readers, tolerate_encodings
tolerate_encodings()
with outliving_readers():
    for number in range(20000):
        print("a line of a long launch", number, flush=number % 7 == 0)
        print("and of its warnings", file=sys.stderr)
open(sys.argv[1], "w").write("done")
"""


@pytest.mark.parametrize("redirection", ["2>&1 | head -n 1", "2>&1 >/dev/null | head -n 1"])
def test_a_program_outlives_the_reader_of_its_output(tmp_path, redirection):
    done = tmp_path / "done"
    (tmp_path / "program.py").write_text(PRINTS)
    line = f'"{sys.executable}" program.py "{done}" {redirection}; exit ${{PIPESTATUS[0]}}'
    ended = subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0 and done.read_text() == "done"
    assert len(ended.stdout.splitlines()) == 1 and ended.stderr == ""


def test_other_errors_are_still_raised(tmp_path):
    from sweeper.cli.launch.streams import outliving_readers

    before = sys.stdout
    with pytest.raises(ZeroDivisionError), outliving_readers():
        1 // 0  # noqa: B018
    assert sys.stdout is before


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_table_prints_on_every_encoding(encoding):
    code = (
        "import sys, sweeper.cli.app as app\n"
        "app.app = lambda standalone_mode: print('\u03b2-VAE \u2191 \u250f\u2501\u2513')\n"
        "app.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"-VAE" in ended.stdout
    if encoding == "ascii":
        assert ended.stdout.split() == [b"b-VAE", b"^", b"+-+"]
    assert ("\u03b2-VAE \u2191 \u250f\u2501\u2513".encode() in ended.stdout) == (
        encoding == "utf-8"
    )
