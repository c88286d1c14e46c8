"""The README is short, and what it names exists. Its code blocks: tests/docs/test_pages.py."""

import re
from pathlib import Path

import pytest
import typer.main

from trainers.specs.measures import MEASURES
from trainers.specs.models import MODELS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short():
    assert len(README.splitlines()) <= 130


def test_every_command_named_exists():
    from sweeper.cli.app import app

    commands = set(typer.main.get_command(app).commands)
    named = set(re.findall(r"(?:`|^\$ )sweeper ([a-z]+)", README, re.MULTILINE))
    assert len(named) >= 5
    assert named <= commands


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


def test_every_file_named_exists():
    named = re.findall(r"\b((?:grids|examples|docs)/[\w./]*|[A-Z]+\.(?:md|cff))", README)
    made = ("docs/_build",)
    assert all((ROOT / name).exists() for name in named if not name.startswith(made))


def test_the_counts_are_those_of_the_registries():
    assert f"{len(MODELS)} models" in " ".join(README.split())
    assert f"{len(MEASURES)} measures" in " ".join(README.split())
