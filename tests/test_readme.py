"""The README keeps step with the registries, the grids and the command line."""

import re
from pathlib import Path

import pytest

from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES
from trainers.specs.models import MODELS
from trainers.specs.networks import NETWORKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(first_cell: str) -> list[list[str]]:
    """The cells of each table row that begins with `first_cell` in backticks."""
    found = re.findall(rf"^\| `{re.escape(first_cell)}` \|.*\|$", README, re.MULTILINE)
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[2:-1]]
        for row in found
    ]


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_has_its_row(spec):
    assert [spec.equation, spec.source] in rows(spec.name)


@pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS)
def test_every_network_has_its_row(spec):
    sizes = ", ".join(map(str, spec.sizes)) or "any"
    assert [spec.layers, sizes, spec.source] in rows(spec.name)


@pytest.mark.parametrize("spec", MEASURES.values(), ids=MEASURES)
def test_every_measure_has_its_row(spec):
    assert [spec.definition, spec.range, spec.needs, spec.source] in rows(spec.name)


@pytest.mark.parametrize("spec", DATASETS.values(), ids=DATASETS)
def test_every_dataset_has_its_row(spec):
    [(factors, images, origin)] = rows(spec.name)
    assert images.startswith(f"{spec.num_images:,} of ")
    assert spec.citation in origin
    assert all(source in origin for source in spec.sources)
    if len(spec.factor_names) < 10:
        pairs = zip(spec.factor_names, spec.factor_sizes, strict=True)
        assert factors == ", ".join(f"{name} {size}" for name, size in pairs)


def test_the_registries_hold_what_the_tables_say():
    from trainers.datasets import DATASETS as OPENERS
    from trainers.measures import MEASURES as SCORERS
    from trainers.networks import NETWORKS as BUILDERS
    from trainers.objectives import OBJECTIVES

    assert set(OBJECTIVES) == set(MODELS)
    assert set(BUILDERS) == set(NETWORKS)
    assert set(SCORERS) == set(MEASURES)
    assert set(OPENERS) == set(DATASETS)


def test_every_grid_is_named():
    for grid in (ROOT / "grids").glob("*.yaml"):
        assert f"`{grid.stem}`" in README, grid.name


def test_every_command_is_named_and_none_that_is_not_there():
    import typer.main

    from sweeper.cli.app import app

    commands = set(typer.main.get_command(app).commands)
    spans = re.findall(r"`(sweeper [^`\n]+)`|^\$ (sweeper .+)$", README, re.MULTILINE)
    named = {re.split(r"[ `]", "".join(span))[1] for span in spans}
    assert commands <= named
    assert named - {"--help"} <= commands


def test_every_file_named_exists():
    for name in re.findall(r"`((?:trainers|sweeper|grids|docker|docs)/[\w./]+)`", README):
        assert (ROOT / name).exists(), name
