"""A submitted launch is the launch that would run here."""

import inspect
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweeper.cli.app import app
from sweeper.cli.launch import command, hand_over
from sweeper.cli.launch.submit import check_submission, grid_files
from sweeper.engine.on_ray import submission
from sweeper.errors import EngineError, UsageError
from sweeper.grid import load_grid
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from tests.support.own_code import write_model
from tests.sweeper.support.cli_runs import ROOT
from trainers.own_code.registry import unload_all

STORE = ["--store", "/shared/store", "--tracking-uri", "http://mlflow:5000"]
# Every option of `launch` with a value that is not its default.
GIVEN = {
    "scale": ["--scale", "0.001"],
    "points": ["--points", "300"],
    "synthetic": ["--synthetic"],
    "tracking_uri": [],
    "store": [],
    "data": ["--data", "/shared/data"],
    "autoscaling": ["--autoscaling"],
    "price": ["--price", "2.5"],
    "spot": ["--spot"],
    "retry": ["--retry", "diverged"],
    "yes": ["--yes"],
    "as_json": ["--json"],
    "hand_over": ["--hand-over"],
}
SLURM = {"slurm", "slurm_script", "sbatch", "follow", "max_requeues", "nodes", "time"}
SLURM |= {"partition", "account", "cpus_per_node", "gpus_per_node"}
NOT_SHIPPED = {"grid", "engine", "address", "submit", "use", "keep_checkpoints", *SLURM}
GRIDS = [path for path in sorted((ROOT / "grids").glob("*.yaml"))]


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """Runs `launch --submit` and then the job's command; what each launch was given."""
    jobs, launches = [], []

    def submit(address, title, grid, files, options):
        jobs.append((grid, files, options))
        return "sweeper-job"

    def launch_here(grid, settings, *, yes, as_json):
        launches.append([grid, settings, yes, as_json])
        return 0

    def launch_or_hand_over(grid, settings, launch, *, hand_over):
        code = launch()
        launches[-1].append(hand_over)
        return code

    monkeypatch.setattr(submission, "submit", submit)
    monkeypatch.setattr(submission, "follow", lambda address, job: 0)
    monkeypatch.setattr(command, "_launch_here", launch_here)
    monkeypatch.setattr(hand_over, "launch_or_hand_over", launch_or_hand_over)

    def run(grid: Path, *options: str):
        for extra in ([], ["--submit", "--address", "http://head:8265"]):
            done = CliRunner().invoke(app, ["launch", str(grid), *STORE, *options, *extra])
            assert done.exit_code == 0, done.output
        name, files, given = jobs.pop()
        submission.pack_grids(tmp_path, files)
        line = submission.entrypoint(name, given).replace('"$OLDPWD"', str(tmp_path))
        words = shlex.split(line)
        done = CliRunner().invoke(app, words[words.index("launch") :])
        assert done.exit_code == 0, done.output
        return launches

    return run


def test_every_option_of_launch_is_compared_here():
    assert set(inspect.signature(command.launch).parameters) == set(GIVEN) | NOT_SHIPPED


@pytest.mark.parametrize("option", [None, *GIVEN])
def test_each_option_reaches_the_submitted_launch(shipped, option):
    options = GIVEN[option] if option else [word for words in GIVEN.values() for word in words]
    (_, here, *flags_here), (_, there, *flags_there) = shipped(GRIDS[0], *options)
    assert there.address == "auto"
    there.address = here.address
    assert there == here and flags_there == flags_here


@pytest.mark.parametrize("grid", GRIDS, ids=lambda path: path.stem)
def test_each_grid_keeps_its_name_and_its_references(shipped, grid):
    (here, *_), (there, *_) = shipped(grid)
    assert there.title == here.title == load_grid(grid).title
    assert there.requested() == here.requested()
    assert there.origin.text == here.origin.text


def test_references_to_other_folders_hold(tmp_path):
    (tmp_path / "a").mkdir()
    text = (ROOT / "grids" / "table6_1.yaml").read_text()
    (tmp_path / "first.yaml").write_text(text)
    second = (ROOT / "grids" / "table6_2.yaml").read_text()
    (tmp_path / "a" / "second.yaml").write_text(second.replace("table6_1", "../first"))
    name, files = grid_files(load_grid(tmp_path / "a" / "second.yaml"))
    assert name == "a/second.yaml" and set(files) == {"a/second.yaml", "first.yaml"}


def test_own_code_is_shipped_with_what_it_imports_and_gives_the_same_ids(tmp_path):
    (tmp_path / "code").mkdir()
    write_model(tmp_path / "code")
    (tmp_path / "grids").mkdir()
    file = tmp_path / "grids" / "own.yaml"
    text = "use: ../code/my_models.py\ndatasets: dsprites\nmodels: [vae, gain_vae]\n"
    file.write_text(text + "axes: {iterations: 20}\n")
    here = load_grid(file)
    ids = [training.training_id for training in make_plan(here).trainings]
    name, files = grid_files(here)
    assert set(files) == {"grids/own.yaml", "code/my_models.py", "code/helpers.py"}
    unload_all()
    shutil.rmtree(tmp_path / "code")
    submission.pack(tmp_path / "there", files)
    there = load_grid(tmp_path / "there" / submission.GRIDS / name)
    assert [training.training_id for training in make_plan(there).trainings] == ids


@pytest.mark.parametrize("way", ["--submit", "--hand-over", "--slurm"])
def test_own_code_of_the_command_line_stays_here(way, tmp_path):
    write_model(tmp_path)
    options = [str(GRIDS[0]), way, "--use", str(tmp_path / "my_models.py")]
    done = CliRunner().invoke(app, ["launch", *options])
    assert "write `use` in the grid instead" in str(done.exception)


def test_what_the_cluster_cannot_reach_is_refused_all_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.yaml").write_text(
        "datasets: {name: dsprites, data: prepared}\nmodels: vae\n"
        "axes: {batch_size: 16, learning_rate: 1e-3, iterations: 20}\n"
    )
    settings = default_settings()
    settings.engine = "local"
    with pytest.raises(UsageError) as refused:
        check_submission(load_grid("g.yaml"), settings)
    text = str(refused.value)
    assert all(word in text for word in ("--engine", "--store", "--tracking-uri", "prepared"))


def test_a_missing_job_agent_has_a_remedy():
    reason = submission._reason(RuntimeError("Request failed: No available agent to submit job"))
    assert "pip install 'ray[default]'" in reason
    with pytest.raises(EngineError, match="no Ray dashboard answers"):
        with submission._client("http://127.0.0.1:1"):
            pass


@pytest.mark.parametrize("way", ["--submit", "--slurm", "--slurm-script"])
def test_an_option_that_stays_here_names_the_key_of_the_grid(way):
    options = [str(GRIDS[0]), way, "--keep-checkpoints", "none"]
    done = CliRunner().invoke(app, ["launch", *options])
    assert "resources: {keep_checkpoints: none}" in str(done.exception)


def test_a_wrong_policy_names_the_allowed_ones():
    done = CliRunner().invoke(app, ["launch", str(GRIDS[0]), "--keep-checkpoints", "zero"])
    assert "write none, last, all or auto" in str(done.exception)
