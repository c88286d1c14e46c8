"""Files outside the code: licence, citation, issue forms, workflow, hooks."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from sweeper.version import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def load(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_licence_and_version_agree():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    citation = load("CITATION.cff")
    project = PROJECT["project"]
    assert citation["license"] == project["license"] == "MIT"
    assert citation["version"] == project["version"] == __version__


def test_the_citation_names_the_thesis():
    [thesis] = load("CITATION.cff")["references"]
    assert (thesis["type"], thesis["year"]) == ("thesis", 2024)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert thesis["title"] in " ".join(readme.split())


@pytest.mark.parametrize("path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")))
def test_issue_forms_have_what_the_service_needs(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in form["body"])


def test_the_workflow_runs_what_ci_runs_on_each_supported_python():
    job = load(".github/workflows/check.yml")["jobs"]["check"]
    assert {"run": ".ci/run"} in job["steps"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"


def test_hooks_use_tools_that_the_test_extra_installs():
    [local] = load(".pre-commit-config.yaml")["repos"]
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in local["hooks"]}
    extra = " ".join(PROJECT["project"]["optional-dependencies"]["test"])
    packages = {"ruff": "ruff", "mypy": "mypy", "lint-imports": "import-linter"}
    assert tools == set(packages)
    assert all(package in extra for package in packages.values())


def test_libraries_with_private_uses_have_upper_bounds():
    for name in ("ray", "mlflow", "optuna"):
        [found] = [d for d in PROJECT["project"]["dependencies"] if d.startswith(name)]
        assert "<" in found, found


@pytest.mark.parametrize("text", PROJECT["project"]["dependencies"])
def test_the_oldest_versions_are_those_of_the_lower_bounds(text):
    """h5py>=3.12 admits 3.12.1 as its oldest: 3.12.0 was withdrawn."""
    dependency = Requirement(text)
    [bound] = [part.version for part in dependency.specifier if part.operator == ">="]
    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    [oldest] = [line for line in lines if line.startswith(f"{dependency.name}==")]
    assert f"{oldest}.".startswith(f"{dependency.name}=={bound}."), "constraints-oldest.txt, line 2"


@pytest.mark.parametrize("package", ["sweeper", "trainers", "search_spaces"])
def test_types_are_exported(package):
    assert (ROOT / package / "py.typed").exists()
    assert PROJECT["tool"]["setuptools"]["package-data"]["*"] == ["py.typed"]
