"""The page of commands: usage, help, arguments and options of each, from the command line."""

import re
from typing import Any, get_args

import typer.main

from docs.tools.reference.markdown import escape, table
from sweeper.cli.app import app


def commands(group: Any = None, prefix: tuple[str, ...] = ()) -> dict[str, Any]:
    """{'data check': command} of every command, those of groups included."""
    group = group or typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        words = (*prefix, name)
        if hasattr(command, "commands"):
            found |= commands(command, words)
        else:
            found[" ".join(words)] = command
    return found


def commands_page() -> str:
    found = commands()
    root = typer.main.get_command(app)
    return "\n\n".join(
        [
            "# Commands",
            "`sweeper` alone says what to do next in the folder. Every command writes to the "
            "working folder unless an option names another place. [Exit codes](exit_codes.md).",
            table(
                ("command", "what it does"),
                [(f"[`sweeper {n}`](#{_anchor(n)})", summary(c)) for n, c in found.items()],
            ),
            "## Options before a command",
            _parameters(root),
            *(_section(name, command) for name, command in found.items()),
        ]
    )


def summary(command: Any) -> str:
    """The first sentence of a command's help."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    return escape(re.split(r"(?<=\.)\s", text)[0])


def _anchor(name: str) -> str:
    return f"sweeper-{name}".replace(" ", "-")


def _section(name: str, command: Any) -> str:
    arguments = " ".join(_usage(p) for p in command.params if _is_argument(p))
    paragraphs = [" ".join(text.split()) for text in (command.help or "").split("\n\n")]
    example = [t.removeprefix("Example: ") for t in paragraphs if t.startswith("Example: ")]
    return "\n\n".join(
        [
            f"({_anchor(name)})=\n## sweeper {name}",
            *(escape(text) for text in paragraphs if not text.startswith("Example: ")),
            f"```text\nsweeper {name} [OPTIONS] {arguments}".rstrip() + "\n```",
            *(f"Example:\n\n```text\n{text}\n```" for text in example),
            _parameters(command),
        ]
    )


def _is_argument(parameter: Any) -> bool:
    return str(parameter.param_type_name) == "argument"


def _usage(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _parameters(command: Any) -> str:
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    return table(("argument or option", "type", "default", "meaning"), rows)


def _row(parameter: Any) -> tuple[str, str, str, str]:
    names = [*parameter.opts, *parameter.secondary_opts]
    shown = _usage(parameter) if _is_argument(parameter) else ", ".join(names)
    is_flag = getattr(parameter, "is_flag", False)
    kind = "flag" if is_flag else _kind(parameter)
    default = parameter.default
    empty = default in (None, "", (), []) or is_flag or callable(default)
    many = default if isinstance(default, list | tuple) else [default]
    text = "" if empty else f"`{', '.join(map(str, many))}`"
    return f"`{shown}`", kind, "required" if parameter.required else text, escape(parameter.help)


def _kind(parameter: Any) -> str:
    limits = [
        f"{word} {value}"
        for word in ("min", "max")
        if (value := getattr(parameter, word, None)) is not None
    ]
    annotation = parameter.type_descriptor.annotation
    inner = (get_args(annotation) or (annotation,))[0]
    name = getattr(inner, "__name__", str(inner)).lower()
    shown = {"str": "text", "int": "integer", "float": "number"}.get(name, name)
    return " ".join([shown, *limits])
