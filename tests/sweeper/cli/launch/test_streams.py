"""What is printed never stops a command: closed pipes, lost terminals, other encodings."""

import os
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


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_at_the_start_are_dropped(tmp_path, closed):
    """And no file that is opened later receives what a child process prints."""
    code = (
        "import os, sys, sweeper.cli.app as app\n"
        "def body(standalone_mode):\n"
        "    with open('kept.txt', 'w') as kept:\n"
        "        print('printed', flush=True); print('warned', file=sys.stderr)\n"
        "        os.system('echo child; echo child >&2; cat')\n"
        "        kept.write(str(sys.stdout.isatty()))\n"
        "app.app = body\n"
        "app.main()"
    )
    ended = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "kept.txt").read_text() == "False"
    assert ended.stdout == ("" if closed != "2>&-" else "printed\nchild\n")
    assert ended.stderr == ("" if closed != ">&-" else "warned\nchild\n")


@pytest.fixture(params=["full", "closed pipe"])
def unwritable(request):
    """A file descriptor that cannot be written, and how the message about it begins."""
    if request.param == "full":
        end, message = os.open("/dev/full", os.O_WRONLY), "standard output or a file: No space left"
    else:
        reader, end = os.pipe()
        os.close(reader)
        message = ""
    yield end, message
    os.close(end)


@pytest.mark.parametrize("arguments", [["--version"], ["table", "--help"]])
def test_an_output_that_cannot_be_written_is_no_success(tmp_path, unwritable, arguments):
    end, message = unwritable
    ended = subprocess.run(
        [sys.executable, "-c", "from sweeper.cli import main; main()", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=end,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(message)
    assert len(ended.stderr.splitlines()) == bool(message)
