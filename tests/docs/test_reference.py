"""The generated reference: nothing is without its entry, and every example is valid."""

import re
from functools import cache

import numpy as np
import pytest
import yaml

from docs.tools.reference import PAGES
from docs.tools.reference.commands import commands
from docs.tools.reference.equations import MEASURES_TEX, MODELS_TEX
from docs.tools.reference.examples import EXAMPLES
from docs.tools.reference.grid_keys import _unique, blocks, key_notes, keys
from docs.tools.reference.measures import COSTS, docstring_parts
from docs.tools.reference.models import example
from sweeper.grid import Grid, load_grid
from sweeper.grid.blocks.settings import Evaluation
from sweeper.grid.schema import json_schema
from sweeper.tracking import layout
from tests.docs.blocks import ROOT, load_part
from tests.support.own_code import write_model
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES
from trainers.specs.models import MODEL_ALIASES, MODELS
from trainers.specs.networks import NETWORKS

KEYS = [f"{t}.{key}".lstrip(".") for t, block in _unique(blocks()).items() for key in keys(block)]


@cache
def page(name):
    return PAGES[name]()


def test_every_block_of_the_schema_has_a_section():
    named = {block.__name__ for block in blocks().values()} | {"SeedRange"}
    assert set(json_schema()["$defs"]) <= named
    assert set(json_schema()["properties"]) <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_grid_key_has_a_row_and_an_example(key):
    assert f"| `{key.rpartition('.')[2]}` |" in page("grid_keys")
    assert key in EXAMPLES, "add an example to docs/tools/reference/examples.py"


def test_no_example_is_of_a_key_that_is_gone():
    assert set(EXAMPLES) <= set(KEYS)


@pytest.mark.parametrize("text", sorted(set(EXAMPLES.values())))
def test_every_example_is_part_of_a_valid_grid(text, tmp_path):
    (tmp_path / "table6_1.yaml").write_bytes(b"")
    write_model(tmp_path)
    factors = np.arange(200).reshape(200, 1)
    np.savez(tmp_path / "mine.npz", images=np.zeros((200, 64, 64), np.uint8), factors=factors)
    key = next(key for key, value in EXAMPLES.items() if value == text)
    assert key.rpartition(".")[2] in text
    given = yaml.safe_load(text)
    if "mpi3d" in text:
        given.setdefault("datasets", "mpi3d")
    load_part(yaml.safe_dump(given), tmp_path)


def test_meanings_are_read_from_the_docstring_of_a_block():
    assert key_notes(Evaluation)["alpha"] == "the weight of compactness in CbD."
    assert key_notes(Grid)["experiment"] == "the MLflow experiment"


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_a_row(name):
    section = page("commands").partition(f"## sweeper {name}\n")[2].partition("\n## ")[0]
    assert section
    for parameter in commands()[name].params:
        if str(parameter.param_type_name) == "option" and parameter.name != "help":
            assert all(f"{option}" in section for option in parameter.opts)


@pytest.mark.parametrize("name", [*MODELS, *MODEL_ALIASES])
def test_every_model_has_a_section(name):
    assert re.search(rf"^## {name}: ", page("models"), re.MULTILINE)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_has_an_equation_its_source_and_a_valid_example(spec, tmp_path):
    section = page("models").partition(f"## {spec.name}: ")[2].partition("\n## ")[0]
    assert MODELS_TEX[spec.name] in section and spec.source in section
    assert all(f"`{param.name}`" in section for param in spec.params)
    path = tmp_path / "a.yaml"
    axes = "axes: {iterations: 100}"
    path.write_text(f"datasets: dsprites\nmodels: {example(spec)}\n{axes}\n", encoding="utf-8")
    assert load_grid(path).models[0].name == spec.name


@pytest.mark.parametrize("spec", MEASURES.values(), ids=MEASURES)
def test_every_measure_has_its_equation_source_range_and_cost(spec):
    section = page("measures").partition(f"## {spec.name}: ")[2].partition("\n## ")[0]
    for part in (MEASURES_TEX[spec.name], spec.source, spec.range, "Cost: ", "Estimator: "):
        assert part in section, part
    assert "not timed" not in section, f"run docs/tools/measure_costs.py, which writes {COSTS.name}"


def test_the_parts_of_a_measures_docstring_are_found():
    assert docstring_parts("mig")["Needs"] == "factor labels."


def test_no_equation_is_of_something_that_is_gone():
    assert set(MODELS_TEX) == set(MODELS) and set(MEASURES_TEX) == set(MEASURES)


@pytest.mark.parametrize("spec", DATASETS.values(), ids=DATASETS)
def test_every_dataset_has_its_facts(spec):
    section = page("datasets").partition(f"## {spec.name}: ")[2].partition("\n## ")[0]
    assert f"{spec.num_images:,} of " in section and spec.citation in section
    assert all(source in section for source in spec.sources)


@pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS)
def test_every_network_has_a_section(spec):
    assert spec.layers.replace("*", "\\*") in page("networks")


def test_every_grid_of_the_package_has_a_row():
    grids = list((ROOT / "grids").glob("*.yaml"))
    assert grids
    for path in grids:
        assert f"| `{path.stem}` |" in page("grids")


def test_every_name_in_mlflow_is_listed():
    values = [v for k, v in vars(layout).items() if k.isupper() and isinstance(v, str)]
    assert all(f"`{value}`" in page("mlflow") for value in values)


def test_every_public_name_is_in_the_python_page():
    import sweeper

    names = [name for name in sweeper.__all__ if name != "__version__"]
    assert all(f"## sweeper.{name}\n" in page("python") for name in names)


def test_signatures_show_defaults_as_they_are():
    assert "alpha: float = 0.5" in page("python")
    assert " = <" not in page("python"), "the address of a function, or <factory>"


@pytest.mark.parametrize("text", {**MODELS_TEX, **MEASURES_TEX}.values())
def test_every_command_of_an_equation_is_drawn(text):
    converter = pytest.importorskip("latex2mathml.converter", reason="needs the extra docs")
    assert "\\" not in converter.convert(text), "a command that latex2mathml does not know"


def test_the_registries_hold_what_the_pages_say():
    from trainers.datasets import DATASETS as OPENERS
    from trainers.measures import MEASURES as SCORERS
    from trainers.networks import NETWORKS as BUILDERS
    from trainers.objectives import OBJECTIVES

    assert set(OBJECTIVES) == set(MODELS)
    assert set(BUILDERS) == set(NETWORKS)
    assert set(SCORERS) == set(MEASURES)
    assert set(OPENERS) == set(DATASETS)
