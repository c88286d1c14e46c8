"""Maps pydantic's locations to the user's: file, line, column and the key path as written."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import ErrorDetails

from sweeper import messages
from sweeper.errors import Problem
from sweeper.grid.syntax.yaml_tree import YamlList, YamlMap, YamlNode, YamlText, join

Loc = Sequence[str | int]

_ENTRY_SETTINGS = ("datasets", "axes", "zip", "exclude", "include")  # of an entry of `models`


def nodes_to(tree: YamlMap, loc: Loc) -> tuple[list[YamlNode], list[str | int]]:
    """The nodes from the tree's root down to `loc`, and what of `loc` was not found.

    An entry `beta_vae: {beta: 4}` is `{name, params: {beta}}` to pydantic: where `loc` does not
    match, the only value of a mapping is entered, and `params` is skipped."""
    nodes: list[YamlNode] = [tree]
    rest = list(loc)
    while rest:
        node = nodes[-1]
        inner = _child(node, rest[0])
        if inner is not None:
            nodes.append(inner)
            rest.pop(0)
        elif isinstance(rest[0], int) and len(rest) > 1 and _child(nodes[-1], rest[1]) is not None:
            rest.pop(0)  # one value in place of a list
        elif rest[0] == "params" and len(nodes) > 2:
            nodes += _only_value(node)
            rest.pop(0)
        elif rest[0] in _ENTRY_SETTINGS and len(nodes) > 2 and _only_value(node):
            nodes += _only_value(node)
            if _child(nodes[-1], rest[0]) is None:
                break
        else:
            break
    return nodes, rest


def problem_at(tree: YamlMap, file: str, error: ErrorDetails) -> Problem:
    """A pydantic error as a problem with its position."""
    nodes, rest = nodes_to(tree, error["loc"])
    node = nodes[-1]
    if error["type"] == "unknown_key":
        return key_problem(nodes, str(error["loc"][-1]), file, error["msg"])
    if error["type"] == "missing_key":
        path = join(node.path, error["loc"][-1])
        return Problem(file, node.line, node.column, path, error["msg"])
    return value_problem(node, file, error["msg"])


def value_problem(node: YamlNode, file: str, what: str) -> Problem:
    """'PATH = VALUE what' for a scalar, 'PATH what' for anything larger."""
    value = f"= {messages.quoted(str(node))} " if isinstance(node, YamlText) and node else ""
    return Problem(file, node.line, node.column, node.path, f"{value}{what}")


def key_problem(nodes: Sequence[YamlNode], key: str, file: str, what: str) -> Problem:
    """A problem with a key, at the innermost mapping that has it."""
    for node in reversed(nodes):
        if isinstance(node, YamlMap) and key in node.keys_at:
            line, column = node.keys_at[key]
            return Problem(file, line, column, join(node.path, key), what)
    node = nodes[-1]
    return Problem(file, node.line, node.column, node.path, f"{messages.quoted(key)} {what}")


def remove(tree: YamlMap, loc: Loc) -> None:
    """Removes the node at `loc`, or the nearest one above it, from the tree."""
    nodes, _ = nodes_to(tree, loc)
    for parent, child in zip(reversed(nodes[:-1]), reversed(nodes[1:]), strict=True):
        if isinstance(parent, YamlMap):
            for key in [key for key, value in parent.items() if value is child]:
                del parent[key]
        elif isinstance(parent, YamlList):
            parent[:] = [value for value in parent if value is not child]
        if parent:
            return


def _child(node: YamlNode, part: Any) -> YamlNode | None:
    if isinstance(node, YamlMap):
        return node.get(part) if isinstance(part, str) else None
    if isinstance(node, YamlList) and isinstance(part, int) and 0 <= part < len(node):
        return node[part]
    return None


def _only_value(node: YamlNode) -> list[YamlNode]:
    return list(node.values()) if isinstance(node, YamlMap) and len(node) == 1 else []
