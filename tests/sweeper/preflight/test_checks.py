"""Preflight: each problem is one line with its fix, before anything is started."""

import shutil

import pytest

from sweeper.engine.on_ray.node_probe import NodeReport, probe_node, versions
from sweeper.engine.on_ray.session import ray_session
from sweeper.errors import EngineError, TrackingError
from sweeper.grid import Grid
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from sweeper.preflight import checks as preflight
from sweeper.preflight.checks import check_tracking
from sweeper.tracking.uri import sqlite_path
from sweeper.tracking.writing.writer import Writer
from tests.sweeper.support.cli_runs import command

AXES = {"batch_size": 16, "learning_rate": 1e-3, "iterations": [20, 40]}


def grid_of(**changes):
    values = dict(
        datasets="mpi3d",
        models=["vae"],
        axes=AXES,
        evaluation={"measures": ["cbd"]},
    )
    return Grid(**(values | changes))


@pytest.fixture
def setting(tmp_path):
    return default_settings(tmp_path)


def check(grid, setting):
    return preflight.check_locally(make_plan(grid), grid, setting)


def problems_of(checks):
    return [check.problem for check in checks if check.problem]


def test_a_dataset_that_is_not_prepared_is_an_error_with_the_command(setting):
    (problem,) = problems_of(check(grid_of(), setting))
    assert f"sweeper data prepare mpi3d --source FILE --data {setting.data_dir}" in problem
    with pytest.raises(preflight.PreflightError, match="Nothing was started") as refused:
        preflight.raise_on_problems(check(grid_of(), setting))
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("datasets", ["dsprites", {"name": "mpi3d", "source": "synthetic"}])
def test_a_rendered_dataset_needs_no_file(setting, datasets):
    assert not problems_of(check(grid_of(datasets=datasets), setting))


def test_a_full_disk_is_found_before_the_start(setting, monkeypatch):
    monkeypatch.setattr(preflight, "free_bytes", lambda place: 1_000_000)
    problems = problems_of(check(grid_of(datasets="dsprites"), setting))
    assert len(problems) == 2
    assert all("the disk has 1 MB: free some space" in line for line in problems)


def test_a_store_that_cannot_be_written_is_an_error_with_the_option(setting, tmp_path):
    (tmp_path / "file").write_text("")
    setting.store = str(tmp_path / "file")
    problems = problems_of(check(grid_of(datasets="dsprites"), setting))
    assert any("--store" in line for line in problems)


@pytest.fixture
def nodes(monkeypatch):
    """A cluster of the given reports, in place of Ray's."""

    def made(*reports):
        monkeypatch.setattr(preflight, "probe_nodes", lambda *_: list(reports))
        sizes = [(report.cpus, report.gpus) for report in reports]
        monkeypatch.setattr("sweeper.preflight.node_sizes.node_sizes", lambda: sizes)

    return made


GOOD = dict(cpus=2.0, gpus=1.0)


@pytest.mark.parametrize(
    "report, words",
    [
        (dict(versions=versions() | {"torch": "1.0"}), "node n has torch 1.0, here it is "),
        (dict(versions=versions(), store_error="no"), "node n: no"),
        (dict(versions=versions(), code_error="it has other code"), "node n: it has other code"),
        (
            dict(versions=versions(), gpu_unusable=True),
            "finds no GPU there, and Ray counts 1: install",
        ),
        (dict(versions=versions(), store_shared=False), "is another folder than here"),
        (dict(versions=versions(), missing=(("mpi3d", "/data"),)), "sweeper data prepare mpi3d"),
        (dict(error="ModuleNotFoundError: No module named 'sweeper'"), "--submit"),
    ],
)
def test_each_problem_of_a_node_is_a_line(setting, nodes, report, words):
    nodes(NodeReport("n", **GOOD, **report), NodeReport("m", **GOOD, versions=versions()))
    setting.address = "head:6379"
    (line,) = problems_of(preflight.check_cluster(make_plan(grid_of()), grid_of(), setting))
    assert words in line and "\n" not in line


def test_resources_that_no_node_has_are_refused_unless_the_cluster_autoscales(setting, nodes):
    nodes(NodeReport("n", **GOOD, versions=versions()))
    greedy = grid_of(resources={"gpu": 8})
    (line,) = problems_of(preflight.check_cluster(None, greedy, setting))
    assert "the largest has 2 and 1" in line and "--autoscaling" in line
    setting.autoscaling = True
    assert not problems_of(preflight.check_cluster(None, greedy, setting))


def test_a_cluster_without_nodes_is_not_taken_for_one_without_gpus(setting, nodes):
    nodes()
    setting.autoscaling = True
    (line,) = problems_of(preflight.check_cluster(None, grid_of(), setting))
    assert "resources: {gpu: 1}" in line
    for gpu in (0, 1, 0.5):
        grid = grid_of(resources={"gpu": gpu})
        assert not problems_of(preflight.check_cluster(None, grid, setting))
    nodes(NodeReport("n", **GOOD, versions=versions()))
    assert not problems_of(preflight.check_cluster(None, grid_of(), setting))


def test_no_probe_file_is_left_in_the_store(setting, nodes, tmp_path):
    nodes()
    preflight.check_cluster(None, None, setting)
    check(grid_of(), setting)
    assert list((tmp_path / "sweep_store").iterdir()) == []


def test_a_node_reports_its_state(tmp_path):
    seen = probe_node(str(tmp_path), "probe", [("mpi3d", str(tmp_path))])
    assert seen["missing"] == (("mpi3d", str(tmp_path)),)
    assert (seen["store_error"], seen["store_shared"], seen["gpu_unusable"]) == ("", False, False)
    assert seen["versions"] == versions() and "none" not in versions().values()
    report = NodeReport("n", **seen)  # its fields are the probe's
    assert report.missing == seen["missing"]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "http://x:1", "a:99999"])
def test_an_address_without_a_cluster_fails_early_with_one_line(address):
    with pytest.raises(EngineError, match="cannot be reached|write HOST:PORT"):
        with ray_session(address):
            pass


def test_doctor_prints_all_checks_as_json(tmp_path):
    """Without a Ray to be started: a cluster that is not there is one trouble of several."""
    (tmp_path / "grid.yaml").write_text(
        "datasets: mpi3d\nmodels: vae\n"
        "axes: {batch_size: 16, learning_rate: 1e-3, iterations: 20}\n"
    )
    where = ["--address", "127.0.0.1:1", "--tracking-uri", "http://user:secret@127.0.0.1:1"]
    done = command(tmp_path, "doctor", "grid.yaml", "--json", *where)
    assert done.returncode == 1, done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert "cannot be reached" in done.stdout


def test_a_database_that_cannot_be_created_is_found_without_a_launch(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrackingError, match="cannot be created or changed: Not a directory. Work"):
        check_tracking(f"sqlite:///{tmp_path}/file/mlflow.db")
    check_tracking(f"sqlite:///{tmp_path}/new/mlflow.db")
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing stays"


def test_artifacts_that_cannot_be_written_are_found_without_a_launch(new_store):
    """Those of the grid's experiment: a colleague may own the folders of others."""
    uri = new_store()
    home = sqlite_path(uri).parent
    for name in ("ours", "theirs"):
        Writer(uri, name, home, "0")
    (home / "mlartifacts").mkdir()
    check_tracking(uri, "ours")
    assert not list((home / "mlartifacts").iterdir()), "nothing stays"
    (home / "mlartifacts" / "theirs").write_text("a file in its place")
    check_tracking(uri, "ours")
    check_tracking(uri)
    with pytest.raises(TrackingError, match="theirs cannot be created or changed: Not a directory"):
        check_tracking(uri, "theirs")
    shutil.rmtree(home / "mlartifacts")
    (home / "mlartifacts").write_text("a file in its place")
    with pytest.raises(TrackingError, match="mlartifacts cannot be created or changed: Not a dir"):
        check_tracking(uri)
