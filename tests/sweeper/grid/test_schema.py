"""The JSON schema for editors: it accepts the shipped grids and rejects a misspelt key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sweeper.grid.schema import json_schema
from trainers.specs.models import MODEL_ALIASES, MODELS

GRIDS = sorted((Path(__file__).parents[3] / "grids").glob("*.yaml"))
SCHEMA = json_schema()
MINIMAL = {"datasets": "dsprites", "models": "vae", "axes": {"iterations": 10}}


def mistakes(grid: Any) -> list[str]:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(grid)]


def test_it_is_a_schema() -> None:
    pytest.importorskip("jsonschema").Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
def test_shipped_grids_fit(path: Path) -> None:
    """As an editor reads them: YAML 1.1, in which 1e-4 is a text."""
    assert mistakes(yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize(
    "change",
    [
        {"axis": {"iterations": 10}},
        {"axes": {"iterations": 10, "bach_size": 64}},
        {"axes": {"iterations": 0}},
        {"axes": {"iterations": []}},
        {"axes": {"iterations": 10, "learning_rate": "fast"}},
        {"models": "vea"},
        {"models": [{"beta_vae": {"bata": 4}}]},
        {"models": [{"beta_vae": {"beta": -1}}]},
        {"models": [{"beta_vae": {}, "vae": {}}]},
        {"models": [{"l_vae": {"parametrisation": "sigmas"}}]},
        {"datasets": ["dspritez"]},
        {"evaluation": {"measures": ["cdb"]}},
        {"evaluation": {"alpha": 2}},
        {"select": {"by": "cdb"}},
        {"table": 9.9, "tables": 1},
        {"sharing": None},
        {"zip": ["batch_size"]},
        {"exclude": [{"bach_size": 64}]},
        {"models": [{"beta_vae": {"include": {"bata": 4}}}]},
    ],
)
def test_mistakes_do_not_fit(change: dict[str, Any]) -> None:
    assert mistakes(MINIMAL) == []
    assert mistakes(MINIMAL | change)


@pytest.mark.parametrize(
    "change",
    [
        {"zip": [["batch_size", "seed"]]},
        {"exclude": {"model": "vae", "batch_size": [64]}, "include": [{"seed": 3}]},
        {"models": [{"beta_vae": {"zip": ["beta", "seed"], "exclude": [{"beta": 4}]}}]},
    ],
)
def test_points_fit(change: dict[str, Any]) -> None:
    assert mistakes(MINIMAL | change) == []


def test_every_model_and_parameter_is_in_it() -> None:
    named = {}
    for form in SCHEMA["$defs"]["ModelEntry"]["anyOf"][1:]:
        [(name, settings)] = form["properties"].items()
        named[name] = set(settings["properties"]) - {
            "datasets",
            "axes",
            "zip",
            "exclude",
            "include",
        }
    params = {name: {param.name for param in spec.params} for name, spec in MODELS.items()}
    assert named == params | {alias: params[spec.first] for alias, spec in MODEL_ALIASES.items()}
