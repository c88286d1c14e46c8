"""Commands that read MLflow, on stores that are not as they should be: one clear line each."""

import json
import math
import sqlite3
from pathlib import Path

import pytest

from sweeper.cli.app import app
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def cells():
    return invented.small_cells()[:8]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table", "7.9"], "table '7.9'"),
        (["table", "7.1", "--format", "word"], "format 'word'"),
        (["table", "7.1", "--grid", "nope"], "no grid 'nope' was launched"),
        (["figure", "9.9"], "figure '9.9'"),
        (["figure", "7.6"], "no finished mdl_vae_strong on mpi3d"),
        (["figure", "6.2"], "--run"),
        (["figure", "6.2", "--run", "zzz"], "no run 'zzz'"),
        (["figure", "4.1", "--dims", "1"], "for figure 6.2 only"),
        (["select", "nope"], "no grid 'nope' was launched"),
        (["select", "--by", "cdb"], "cdb"),
        (["export", "zzz", "--out", "x"], "no run 'zzz'"),
        (["report", "nope"], "no grid 'nope' was launched"),
        (["compare", "--by", "cdb"], "cdb"),
    ],
)
def test_what_is_not_there_is_one_line(command, small_uri, arguments, message):
    code, _, lines = command(*arguments, "--tracking-uri", small_uri)
    assert code in (1, 2)
    assert len(lines) == 1 and message in lines[0]


def test_a_figure_of_mathematics_needs_no_store(command):
    code, out, lines = command("figure", "7.1")
    assert (code, lines) == (0, []) and "figures/figure_7_1.csv" in out


READERS = (["table", "7.1"], ["figure", "4.1"], ["select"], ["report", "g"], ["export", "a"])


@pytest.mark.parametrize("arguments", READERS, ids=lambda a: a[0])
def test_a_store_of_another_mlflow_is_one_line(command, new_store, arguments):
    uri = new_store()
    with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
    out = ["--out", "x"] if arguments[0] == "export" else []
    code, _, lines = command(*arguments, *out, "--tracking-uri", uri)
    assert code == 1 and len(lines) == 1 and "newer MLflow" in lines[0]


def test_a_store_whose_only_experiment_is_deleted_is_one_line(command, new_store):
    uri = new_store()
    synthetic.write_launch(uri, cells(), artifacts=False)
    with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
        connection.execute("update experiments set lifecycle_stage = 'deleted' where name <> 'x'")
    code, _, lines = command("table", "7.1", "--tracking-uri", uri)
    assert code == 1 and len(lines) == 1 and "deleted: " in lines[0] and "sweeper" in lines[0]


def test_runs_without_latents_are_one_line_where_latents_are_needed(command, new_store):
    uri = new_store()
    synthetic.write_launch(uri, cells(), artifacts=False)
    where = ["--grid", "table7_1", "--tracking-uri", uri]
    code, out, lines = command("table", "7.1", *where)
    assert (code, lines) == (0, []) and "8/8" in out
    code, _, lines = command("figure", "5.3", *where)
    assert code == 1 and len(lines) == 1 and "latents.h5" in lines[0]


def test_a_figure_says_which_stored_runs_it_leaves_out(command, new_store, tmp_path):
    uri = new_store()
    asked, other = (invented.thesis_cells(models=(m,), batch_sizes=(64,)) for m in ("vae", "l_vae"))
    synthetic.write_launch(uri, asked, grid="mine", artifacts=False)
    synthetic.write_launch(uri, other, grid="other", artifacts=False)
    where = ["--grid", "mine", "--tracking-uri", uri, "--out", str(tmp_path)]
    left_out = f"{len(other)} stored runs left out: {len(other)} of other grids (other)."
    code, out, lines = command("figure", "best_of_n", *where)
    assert code == 0 and left_out in lines and left_out not in out
    code, out, _ = command("figure", "best_of_n", *where, "--json")
    assert code == 0 and left_out in json.loads(out)["notes"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_never_selected(command, new_store, bad):
    uri, some = new_store(), cells()
    best = max(some, key=lambda cell: invented.final_metrics(cell)["measure/cbd"])

    def change(cell, metrics):
        return metrics | ({"measure/cbd": bad} if cell is best else {})

    synthetic.write_launch(uri, some, change=change)
    code, out, lines = command("select", "--tracking-uri", uri, "--no-register")
    assert (code, lines) == (0, []) and best["run_id"] not in out
    assert "nan" not in out and "inf" not in out


def test_select_reports_missing_weights_and_fails_only_if_strict(command, new_store):
    uri = new_store()
    synthetic.write_launch(uri, cells())
    code, out, lines = command("select", "--tracking-uri", uri)
    assert code == 0 and "Winners by cbd" in out
    assert len(lines) == 1 and "weights are not kept" in lines[0]
    assert command("select", "--tracking-uri", uri, "--strict")[0] == 1


def test_select_export_and_traversal_of_trained_runs(command, trained, tmp_path):
    where = ["--tracking-uri", trained.uri, "--store", trained.store]
    code, out, lines = command("select", "tiny", *where, "--no-register", "--no-tag", "--json")
    assert (code, lines) == (0, [])
    run = out.split('"run_ids": "')[1][:16]
    code, out, _ = command("export", run, "--out", "here", *where)
    assert code == 0 and Path("here/weights.safetensors") in map(Path, out.split())
    code, out, _ = command(
        *("figure", "6.2", "--run", run, "--dims", "0,3", "--range", "-2,2", "--steps", "3"), *where
    )
    assert code == 0 and "figures/figure_6_2.svg" in out
    for wrong in (["--dims", "a"], ["--range", "1"], ["--range", "1,1"], ["--point", "999"]):
        code, _, lines = command("figure", "6.2", "--run", run, *wrong, *where)
        assert code == 2 and len(lines) == 1, (wrong, lines)


def test_a_terminal_gets_bold_and_other_places_get_signs(command, small_uri, monkeypatch):
    _, plain, _ = command("table", "7.1", "--tracking-uri", small_uri)
    assert "\x1b[" not in plain and "* the best of a column" in plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, bold, _ = command("table", "7.1", "--tracking-uri", small_uri)
    assert "\x1b[1m" in bold and "\x1b[4m" in bold and "* the best" not in bold


def test_every_command_of_the_application_has_help():
    assert all(command.callback.__doc__ for command in app.registered_commands)
