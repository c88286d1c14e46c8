"""The command line, run in the process of the test."""

import pytest

from sweeper.cli.app import main


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty folder: (exit code, output, the lines of standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["sweeper", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err.splitlines()

    return run
