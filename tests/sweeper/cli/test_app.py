"""The command line: exit codes, plain errors, JSON, and nothing heavy loaded for help."""

import json
import subprocess
import sys

import numpy as np
import pytest

import sweeper.cli.app as app_module
from tests.sweeper.support.cli_runs import ROOT, TINY, command, sweeper, write_grid


@pytest.fixture
def representation(tmp_path):
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 3, (300, 2))
    latents = factors + 0.1 * rng.normal(size=(300, 2))
    np.savez(tmp_path / "a.npz", latents=latents, factors=factors)
    return tmp_path


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from sweeper.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'ray', 'mlflow', 'pandas', 'matplotlib', 'sklearn', 'optuna'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "launch" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["launchx"], "No such command"),
        (["plan"], "Missing argument"),
        (["plan", "none.yaml"], "none.yaml"),
        (["plan", "tiny.yaml", "--scale", "0"], "--scale"),
        (["plan", "tiny.yaml", "--points", "1"], "--points"),
        (["measure", "none.npz"], "none.npz"),
        (["measure", "tiny.yaml"], "yaml"),
        (["table", "7.9"], "no MLflow store"),
        (["launch", "tiny.yaml", "--tracking-uri", "file:./mlruns"], "migrate"),
        (["launch", "tiny.yaml", "--store", "tiny.yaml"], "is a file"),
        (["data", "check", "mpi3d", "--source", "tiny.yaml"], "mpi3d"),
        (["data", "render", "nothing"], "unknown"),
    ],
)
def test_invalid_usage_is_one_line_without_a_traceback(tmp_path, arguments, message):
    write_grid(tmp_path)
    done = command(tmp_path, *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError(13, "Permission denied", "/x/y"), "/x/y: Permission denied."),
        (
            OSError(28, "No space left on device"),
            "standard output or a file: No space left on device.",
        ),
        (ConnectionError("http://user:hidden@host is gone\nmore"), "http://***@host is gone."),
    ],
)
def test_a_system_error_that_no_code_expects_is_one_line(monkeypatch, capsys, error, line):
    def fails(standalone_mode):
        raise error

    monkeypatch.setattr(app_module, "app", fails)
    monkeypatch.setattr(app_module, "drop", lambda stream: None)
    with pytest.raises(SystemExit) as ended:
        app_module.main()
    assert ended.value.code == 1
    (printed,) = capsys.readouterr().err.splitlines()
    assert printed == f"{line} `sweeper --debug` shows where"


def test_every_mistake_of_a_grid_at_once(tmp_path):
    """In a process of its own, so that all of its output is seen."""
    wrong = TINY.replace("datasets", "datsets").replace("1e-3", "fast")
    write_grid(tmp_path, wrong)
    done = sweeper(tmp_path, "launch", "tiny.yaml")
    assert done.returncode == 2
    assert "tiny.yaml:2:1" in done.stderr and 'Did you mean "datasets"?' in done.stderr
    assert "tiny.yaml:4:" in done.stderr and "fast" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "sweep_store" / "trainings").exists()


def test_plan_prints_json(tmp_path):
    write_grid(tmp_path)
    found = json.loads(command(tmp_path, "plan", "tiny.yaml", "--json").stdout)
    keys = ("runs", "trainings", "steps_asked", "steps_to_run", "reused")
    assert [found[key] for key in keys] == [4, 2, 60, 40, 0]


def test_measure_prints_json_of_the_named_measures(representation):
    done = command(representation, "measure", "a.npz", "--json", "--measures", "cbd,mig")
    found = json.loads(done.stdout)
    assert set(found) == {"cbd", "mig"}
    assert found["cbd"] > 0.9


def test_measure_reports_every_wrong_option(representation):
    done = command(representation, "measure", "a.npz", "--measures", "migg", "--protocol", "x")
    assert done.returncode == 2
    assert 'Did you mean "mig"?' in done.stderr and "--protocol x" in done.stderr


def test_measure_names_a_constant_factor(tmp_path):
    factors_NK = np.stack([np.arange(40) % 4, np.full(40, 7)], axis=1)
    np.savez(tmp_path / "a.npz", latents=factors_NK + 0.0, factors=factors_NK)
    done = command(tmp_path, "measure", "a.npz", "--json", "--measures", "cbd")
    assert set(json.loads(done.stdout)) == {"cbd"}
    assert "a.npz: factors[:, 1] has one value for all points" in done.stderr
    assert "factors[:, 0]" not in done.stderr


def test_measure_shows_companions(representation):
    done = command(representation, "measure", "a.npz", "--json", "--measures", "infom")
    assert set(json.loads(done.stdout)) == {"infom", "infoe"}


def test_measure_draws_the_pcc_matrix(representation):
    done = command(representation, "measure", "a.npz", "--measures", "cbd", "--plot", "p.png")
    assert done.returncode == 0, done.stderr
    assert (representation / "p.png").read_bytes().startswith(b"\x89PNG")


def test_status_of_a_grid_never_launched_is_all_missing(tmp_path):
    write_grid(tmp_path)
    done = command(tmp_path, "status", "tiny.yaml", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["missing"] == 4


def test_the_schema_is_json(tmp_path):
    done = command(tmp_path, "schema", "--out", "schema.json")
    assert done.returncode == 0
    assert "properties" in json.loads((tmp_path / "schema.json").read_text())


def test_plan_why_gives_a_reason_for_each_training_to_be_run(tmp_path):
    write_grid(tmp_path)
    done = command(tmp_path, "plan", "tiny.yaml", "--why", "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)["why"].values()) == [
        "no training of l_vae on dsprites is stored",
        "no training of vae on dsprites is stored",
    ]
    done = command(tmp_path, "plan", "tiny.yaml", "--why")
    assert "  1 training: no training of vae on dsprites is stored" in done.stdout.splitlines()


def test_plan_why_of_a_search_is_refused(tmp_path):
    write_grid(tmp_path, TINY + "search: {trainings: 4}\n")
    done = command(tmp_path, "plan", "tiny.yaml", "--why")
    assert done.returncode == 2
    assert "--why: a search has no plan in advance" in done.stderr
