"""The digest of code: of its syntax trees, without comments, docstrings and layout.

Equal on every version of Python that reads the same syntax, since only what is set is read."""

import ast
import hashlib
from collections.abc import Iterator, Mapping

LENGTH = 16
_LEFT_OUT = ("ctx", "kind", "type_comment", "type_ignores")
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def digest_of(entry: str, files: Mapping[str, str]) -> str:
    """16 hexadecimal digits of the files {relative path: text}.

    The name of the file `entry` does not count, since nothing imports it by that name. Raises
    SyntaxError."""
    digest = hashlib.sha256()
    for name in sorted(files, key=lambda name: (name != entry, name)):
        shown = "" if name == entry else name
        tree = ast.parse(files[name], filename=name)
        digest.update(f"{shown}\n{''.join(_words(tree))}\n".encode())
    return digest.hexdigest()[:LENGTH]


def _words(node: object) -> Iterator[str]:
    """The tree as text. Fields without a value are left out: newer versions of Python add some."""
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for field, value in ast.iter_fields(node):
            if field == "body" and isinstance(node, _WITH_DOCSTRING):
                value = _without_docstring(value)
            if field in _LEFT_OUT or value is None and not isinstance(node, ast.Constant):
                continue
            if isinstance(value, list) and not value:
                continue
            yield f" {field}="
            yield from _words(value)
        yield ")"
    elif isinstance(node, list):
        yield "["
        for item in node:
            yield from _words(item)
        yield "]"
    else:
        yield f"{type(node).__name__}:{node!r}"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return body[1:] if isinstance(first.value.value, str) else body
    return body
