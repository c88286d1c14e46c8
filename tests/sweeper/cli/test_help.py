"""Help: an example that runs with the options it names, at every width, in ASCII."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from docs.tools.reference.commands import commands
from sweeper.cli.app import app

COMMANDS = commands()


def help_text(name, width=80):
    result = CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=width)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_an_example_that_its_parser_accepts(name):
    text = " ".join(help_text(name, 200).split())
    example = re.search(rf"Example: (sweeper {name}\b.*?) (Arguments|Options):", text)
    assert example, "add a paragraph 'Example: sweeper ...' to the docstring"
    words = shlex.split(example[1])[1 + len(name.split()) :]
    context = COMMANDS[name].make_context(name, words)  # raises for an unknown option
    assert context.params is not None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_is_explained(name):
    for parameter in COMMANDS[name].params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("name", COMMANDS)
def test_it_keeps_to_the_width_and_to_ascii(name, width):
    text = help_text(name, width)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= width


def test_the_list_of_commands_is_the_first_thing_printed():
    text = CliRunner().invoke(app, ["--help"]).output
    assert all(name.split()[0] in text for name in COMMANDS)
