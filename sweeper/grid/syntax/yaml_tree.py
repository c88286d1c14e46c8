"""A YAML file as a tree of texts with their positions.

Scalars stay text; fields convert them (`sweeper.grid.syntax.scalars`), since YAML 1.1 reads `1e-4`,
`010` and `off` as a string, as 8 and as false. For any bytes the result is a tree or a list of
problems; never another exception, never a constructed object. Anchors and aliases are supported;
merge keys (`<<`), tags (`!!python/...`) and a second document are rejected."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import yaml

from sweeper.errors import GridError, Problem
from sweeper.messages import quoted

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000  # counted after aliases are expanded, which limits nested anchors
MAX_DEPTH = 20

_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
}
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,60}")


class YamlText(str):
    """A scalar as written. `plain`: without quotes. Positions count from 1; 0 means none."""

    plain: bool = False
    line: int = 0
    column: int = 0
    path: str = ""


class YamlList(list["YamlNode"]):
    """A sequence, with the position of its start."""

    line: int = 0
    column: int = 0
    path: str = ""


class YamlMap(dict[str, "YamlNode"]):
    """A mapping, with the positions of its start and of each key."""

    line: int = 0
    column: int = 0
    path: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.keys_at: dict[str, tuple[int, int]] = {}


YamlNode = YamlText | YamlList | YamlMap
_Node = TypeVar("_Node", YamlText, YamlList, YamlMap)


def read_yaml(path: Path) -> YamlMap:
    """The mapping in the file. Raises GridError with all problems."""
    file = str(path)
    return parse_yaml(read_bytes(path, file), file)


def parse_yaml(data: bytes, file: str) -> YamlMap:
    """The mapping in `data`; `file` is its name in messages."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise _error(file, *_place(before), "is not UTF-8 text; save the file as UTF-8.") from None
    root = _compose(text, file)
    if root is None:
        raise _error(file, 0, 0, "is empty; a grid needs at least datasets, models and axes.")
    walk = _TreeBuilder(file)
    tree = walk.convert(root, "", 0)
    if not isinstance(tree, YamlMap):
        kind = "a list" if isinstance(tree, YamlList) else "a single value"
        walk.problem(root, "", f"is {kind}; a grid is a mapping: datasets, models, axes, ...")
    if walk.problems:
        raise GridError(walk.problems)
    assert isinstance(tree, YamlMap)
    return tree


def read_bytes(path: Path, file: str) -> bytes:
    """The file's bytes. Raises GridError unless it is a small regular file."""
    try:
        if path.is_dir():
            raise _error(file, 0, 0, "is a directory; name a YAML file in it.")
        if path.exists() and not path.is_file():
            raise _error(file, 0, 0, "is not a regular file.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _error(file, 0, 0, f"does not exist.{_suggestion(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise _error(file, 0, 0, f"cannot be read: {reason}.") from None
    if len(data) > MAX_BYTES:
        raise _error(
            file, 0, 0, f"is larger than {MAX_BYTES // 1024} KiB; this is not a grid file."
        )
    return data


def _suggestion(path: Path) -> str:
    """' Did you mean "grids/a.yaml"?' for a similar name in the same folder or in ./grids."""
    try:
        files = [*path.parent.glob("*.yaml"), *Path("grids").glob("*.yaml")]
    except OSError:
        return ""
    by_stem = {file.stem: file for file in files}
    near = get_close_matches(path.stem[:100], by_stem, n=1)
    return f' Did you mean "{by_stem[near[0]]}"?' if near else ""


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        place = _place(text[: error.position])
        what = f"contains the character {error.character!a}, which YAML does not allow."
        raise _error(file, *place, what) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _error(file, *place, _syntax(error)) from None
    except RecursionError:
        raise _error(file, 0, 0, "is nested too deeply.") from None
    except Exception as error:  # PyYAML raises ValueError for escapes outside Unicode
        raise _error(file, 0, 0, f"is not YAML: {type(error).__name__}.") from None


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be parsed"
    if "'\\t'" in problem:
        return "contains a tab where YAML needs spaces; indent with spaces."
    if "expected a single document" in f"{error.context} {problem}":
        return "starts a second YAML document; write one grid per file."
    context = f" {error.context}" if error.context else ""
    return f"is not YAML: {quoted(problem + context, 200)[1:-1]}."


class _TreeBuilder:
    """Turns PyYAML's node graph into a tree, and collects problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def problem(self, node: yaml.Node, path: str, what: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, path, what))

    def convert(self, node: yaml.Node, path: str, depth: int) -> YamlNode:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            what = "is nested too deeply" if depth > MAX_DEPTH else "expands to too many values"
            self.problem(node, path[:200], f"{what}; check the anchors (&) and aliases (*).")
            raise GridError(self.problems)
        if node.tag not in _TAGS:
            self.problem(
                node, path, f"has the tag {quoted(node.tag)}; tags are not allowed in a grid file."
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, path, depth)
        text = YamlText(node.value)
        text.plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return _placed(text, node, path)

    def _sequence(self, node: yaml.SequenceNode, path: str, depth: int) -> YamlList:
        items = YamlList(
            self.convert(item, f"{path}[{index}]", depth + 1)
            for index, item in enumerate(node.value)
        )
        return _placed(items, node, path)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> YamlMap:
        mapping = YamlMap()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, path, "has a key that is not a word.")
                continue
            key = key_node.value
            here = join(path, key)
            value = self.convert(value_node, here, depth + 1)
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key == "<<" and key_node.style is None:
                self.problem(key_node, here, "is a merge key; repeat the values instead.")
            elif key in mapping:
                first = mapping.keys_at[key][0]
                self.problem(key_node, here, f"is given twice, first on line {first}; remove one.")
            else:
                mapping[key] = value
                mapping.keys_at[key] = place
        return _placed(mapping, node, path)


def join(path: str, key: str | int) -> str:
    """`path` with one more key or index."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    word = key if _PLAIN_KEY.fullmatch(key) else quoted(key, 40)
    return f"{path}.{word}" if path else word


def _placed(value: _Node, node: yaml.Node, path: str) -> _Node:
    value.line, value.column = node.start_mark.line + 1, node.start_mark.column + 1
    value.path = path
    return value


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of the character that follows `before`."""
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


def _error(file: str, line: int, column: int, what: str) -> GridError:
    return GridError([Problem(file, line, column, "", what)])
