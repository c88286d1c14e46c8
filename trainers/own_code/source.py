"""The source of a user's own code: a file, or a module of an installed package, with what it
imports from its own folder or package."""

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from trainers.errors import OwnCodeError
from trainers.own_code.digest import digest_of
from trainers.words import first_line

_OURS = ("search_spaces", "sweeper", "trainers")


@dataclass(frozen=True)
class Source:
    """place: the file or module, as users name it.  module: the dotted name, '' for a file.
    root: the folder that `files` are relative to.  entry: the path among `files` of the file named.
    files: {relative path: text} of it and of what it imports from its own folder or package."""

    place: str
    module: str
    root: str
    entry: str
    files: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.entry, self.files)

    @property
    def key(self) -> str:
        """Equal for two states of the same file or module."""
        return self.module or str(Path(self.root, self.entry))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"files": dict(self.files)}


def find_source(name: str, folder: Path) -> Source:
    """The source of an item of `use`: a file relative to `folder`, or the name of a module.

    Raises OwnCodeError for one that does not exist or cannot be parsed."""
    if name.endswith(".py") or "/" in name or name.startswith("."):
        path = (folder / name).expanduser().resolve()
        if not path.is_file():
            raise OwnCodeError(f"{name}: no such file ({path})")
        return _checked(Source(name, "", str(path.parent), path.name, _closure(path, "")))
    path = _module_file(name, folder)
    root = path.parents[name.count(".") + (path.name == "__init__.py")]
    return _checked(
        Source(name, name, str(root), path.relative_to(root).as_posix(), _closure(path, name))
    )


def _checked(source: Source) -> Source:
    try:
        assert source.digest
    except SyntaxError as error:
        raise OwnCodeError(f"{error.filename}:{error.lineno}: {error.msg}") from None
    return source


def _module_file(name: str, folder: Path) -> Path:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise OwnCodeError(f"{name}: cannot be imported: {first_line(error)}") from None
    if spec is None:
        hint = f"; for the file {name}.py write ./{name}.py" if _is_file(folder, name) else ""
        raise OwnCodeError(f"{name}: no module of this name is installed{hint}")
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise OwnCodeError(f"{name}: is no Python file or package with an __init__.py")
    return Path(spec.origin).resolve()


def _is_file(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file()


def _closure(path: Path, module: str) -> dict[str, str]:
    """The file and what it imports, directly or not, from its own folder (a file) or from its own
    package (a module)."""
    package = module.partition(".")[0]
    depth = module.count(".") + (path.name == "__init__.py") if module else 0
    root = path.parents[depth]
    names = [module.split(".")] if module else []
    waiting = [path, *(file for name in names for file in _files_of(root, name))]
    found: dict[str, str] = {}
    while waiting:
        file = waiting.pop()
        relative = file.relative_to(root).as_posix()
        if relative in found:
            continue
        found[relative] = _read(file)
        for name in _imported(found[relative], relative):
            top = name[0]
            inside = top == package if package else top not in sys.stdlib_module_names
            if inside and top not in _OURS:
                waiting += _files_of(root, name)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OwnCodeError(f"{path}: cannot be read: {first_line(error)}") from None


def _files_of(root: Path, name: list[str]) -> Iterator[Path]:
    """The files that importing a.b.c runs, as far as they are below root."""
    for end in range(1, len(name) + 1):
        place = root.joinpath(*name[:end])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file
                break


def _imported(text: str, relative: str) -> Iterator[list[str]]:
    """The dotted names that a file imports, as lists of words."""
    package = relative.split("/")[:-1]
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # reported with the file
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from ([*base, alias.name] for alias in node.names)
