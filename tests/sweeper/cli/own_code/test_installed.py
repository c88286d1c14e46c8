"""Parts that an installed package brings by entry points: planned, trained, shown, listed."""

import json

import pytest

from tests.support.own_parts import DATASET, MEASURE, MODEL, NETWORK, write
from tests.sweeper.support.cli_runs import command
from trainers.own_code.installed import installed_parts

PARTS = {"model": MODEL, "network": NETWORK, "dataset": DATASET, "measure": MEASURE}
GRID = """
datasets: pkg_dataset
models: {pkg_model: {k: 2}}
axes: {network: pkg_network, reconstruction: gaussian, batch_size: 4, iterations: 4}
evaluation: {measures: [cbd, pkg_measure], num_points: 20}
select: {by: pkg_measure, min_active: 0}
resources: {gpu: 0}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder on the path with a package and the metadata that an installer writes."""
    folder = tmp_path_factory.mktemp("site")
    package = folder / "sweeper_test_parts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    points = []
    for kind, text in PARTS.items():
        (package / f"{kind}s.py").write_text(write(text, f"pkg_{kind}"))
        attribute = f"pkg_{kind}" if kind == "measure" else "Mine"
        module = f"sweeper_test_parts.{kind}s"
        points.append(f"[sweeper.{kind}s]\npkg_{kind} = {module}:{attribute}\n")
    points[0] += "pkg_broken = sweeper_test_parts.broken:Mine\n"
    points[0] += "pkg_absent = sweeper_test_parts.measures:Absent\n"
    (package / "broken.py").write_text("nothing\n")
    about = folder / "sweeper_test_parts-1.2.dist-info"
    about.mkdir()
    metadata = "Metadata-Version: 2.1\nName: sweeper-test-parts\nVersion: 1.2\n"
    (about / "METADATA").write_text(metadata)
    (about / "entry_points.txt").write_text("".join(points))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        installed_parts.cache_clear()
        yield folder
    installed_parts.cache_clear()


@pytest.fixture
def run(installed, tmp_path):
    (tmp_path / "grid.yaml").write_text(GRID)

    def of(*arguments):
        done = command(tmp_path, *arguments)
        return done.returncode, done.stdout, done.stderr

    return of


def test_it_is_planned_trained_and_shown(run):
    code, out, err = run("launch", "grid.yaml", "--engine", "local")
    assert code == 0, err
    assert out.splitlines()[-1] == "1 of 1 run done."
    code, out, err = run("table", "grid.yaml", "--json")
    assert code == 0, err
    assert [row["model"] for row in json.loads(out)["rows"]] == ["pkg_model"]
    code, out, err = run("plan", "grid.yaml")
    assert "reused     1 run is" in out


def test_it_is_listed_with_its_package(run):
    code, out, _ = run("plugins", "--json")
    found = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    for kind in PARTS:
        row = found[f"pkg_{kind}"]
        place = f"sweeper-test-parts 1.2: sweeper_test_parts.{kind}s"
        assert (row["kind"], row["from"]) == (kind, place)


def test_a_broken_package_is_one_line_that_trains_nothing(run, tmp_path):
    for name, said in [
        ("pkg_broken", "sweeper_test_parts/broken.py:1: raises NameError on import"),
        ("pkg_absent", "sweeper-test-parts 1.2: its entry point sweeper.models pkg_absent names"),
    ]:
        grid = GRID.replace("{pkg_model: {k: 2}}", name)
        (tmp_path / "grid.yaml").write_text(grid)
        code, out, err = run("launch", "grid.yaml", "--engine", "local")
        (line,) = err.splitlines()
        assert code == 2 and out == "" and said in line
        assert not (tmp_path / "sweep_store").exists()


def test_the_schema_has_the_parts_of_a_module(run):
    code, out, err = run("schema", "--use", "sweeper_test_parts.models")
    assert code == 0, err
    assert '"pkg_model"' in out and '"pkg_network"' not in out
