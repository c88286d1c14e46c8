"""Every message to users, collected from the code: `python -m tests.messages` prints the list.

Collected are all strings of two words or more (errors, mistakes of grids, notes, labels, help of
options, log lines) and the docstrings of commands, which are their help. {..} is a value."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("sweeper", "trainers", "search_spaces")


@dataclass(frozen=True, order=True)
class Message:
    """A text and where it is written."""

    file: str
    line: int
    text: str


def messages() -> list[Message]:
    """Every message of the three packages, in order of file and line."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {Message(name, line, text) for line, text in shown_texts(tree, name)}
    return sorted(found)


def shown_texts(tree: ast.Module, name: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each message in a file."""
    docstrings = _docstrings(tree)
    if name.startswith("sweeper/cli/"):
        yield from _command_help(tree)
    for text in _texts(tree, docstrings):
        if _is_sentence(value := template(text)):
            yield text.lineno, value


def template(node: ast.expr) -> str:
    """A string with {..} for each value in it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "{..}"


def _texts(tree: ast.AST, skipped: set[int]) -> Iterator[ast.expr]:
    """Strings outside docstrings; an f-string is one, its parts are not."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.JoinedStr):
            yield child
            inner = (v.value for v in child.values if isinstance(v, ast.FormattedValue))
            for value in inner:
                yield from _texts(ast.Expression(body=value), skipped)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            if id(child) not in skipped:
                yield child
        else:
            yield from _texts(child, skipped)


def _docstrings(tree: ast.Module) -> set[int]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def _command_help(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The docstring of a command is its help."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(_is_command(d) for d in node.decorator_list):
            yield node.lineno, " ".join((ast.get_docstring(node) or "").split())


def _is_command(decorator: ast.expr) -> bool:
    name = ast.unparse(decorator)
    return ".command" in name or ".callback" in name


def _is_sentence(text: str) -> bool:
    """Words for people: at least two of them, and neither SQL nor code."""
    words = text.replace("{..}", " ").split()
    plain = [word for word in words if word.strip(".,:;()'\"`!?").isalpha()]
    return len(plain) >= 2 and len(plain) >= 0.4 * len(words)


if __name__ == "__main__":
    for message in messages():
        print(f"{message.file}:{message.line}: {message.text}")
