"""YAML as text with positions: what is refused, and at which position."""

import os
from pathlib import Path

import pytest

from sweeper.errors import GridError, Problem
from sweeper.grid.syntax.yaml_tree import (
    MAX_BYTES,
    YamlList,
    YamlMap,
    YamlText,
    parse_yaml,
    read_yaml,
)


def refused(data: bytes) -> tuple[Problem, ...]:
    with pytest.raises(GridError) as caught:
        parse_yaml(data, "g.yaml")
    return caught.value.problems


def test_scalars_stay_text_and_keep_their_position() -> None:
    tree = parse_yaml(b"axes:\n  rate: [1e-4, 'off']\n", "g.yaml")
    rates = tree["axes"]["rate"]  # type: ignore[index,call-overload]
    assert isinstance(rates, YamlList) and rates == ["1e-4", "off"]
    first, second = rates
    assert isinstance(first, YamlText) and isinstance(second, YamlText)
    assert (first.line, first.column, first.path, first.plain) == (2, 10, "axes.rate[0]", True)
    assert (second.column, second.plain) == (16, False)
    assert tree.keys_at["axes"] == (1, 1)


def test_aliases_are_copies_with_the_place_of_their_anchor() -> None:
    tree = parse_yaml(b"a: &x [1, 2]\nb: *x\n", "g.yaml")
    assert tree["b"] == ["1", "2"]
    assert isinstance(tree, YamlMap)


@pytest.mark.parametrize(
    ("data", "line", "column", "said"),
    [
        (b"", 0, 0, "is empty"),
        (b"# only a comment\n", 0, 0, "is empty"),
        (b"- a\n", 1, 1, "is a list"),
        (b"vae\n", 1, 1, "is a single value"),
        (b"a: 1\nb: \xff\n", 2, 4, "not UTF-8"),
        (b"a: 1\nb: \x07\n", 2, 4, "does not allow"),
        (b"\xff\xfea\x00", 1, 1, "not UTF-8"),
        (b"a:\n\tb: 1\n", 2, 1, "tab"),
        (b"a: 1\na: 2\n", 2, 1, "given twice, first on line 1"),
        (b"a: [1, 2\n", 2, 1, "not YAML"),
        (b"a: 1\n---\nb: 2\n", 2, 1, "second YAML document"),
        (b"a: !!python/object:os.system x\n", 1, 4, "tag"),
        (b"a: &x 1\n<<: *x\n", 2, 1, "merge key"),
        (b"? [1]\n: 2\n", 1, 3, "not a word"),
        (b"a: *nowhere\n", 1, 4, "not YAML"),
        (b'a: "\\UFFFFFFFF"\n', 0, 0, "not YAML"),
        (b"%YAML 2.0\n---\na: 1\n", 1, 1, "not YAML"),
    ],
)
def test_mistakes_are_reported_with_their_place(
    data: bytes, line: int, column: int, said: str
) -> None:
    [problem] = refused(data)
    assert said in problem.what
    assert (problem.line, problem.column) == (line, column)


def test_several_mistakes_are_reported_at_once() -> None:
    problems = refused(b"a: 1\na: 2\nb: !x 1\nb: 3\n")
    assert [problem.line for problem in problems] == [2, 3, 4]


def test_a_bomb_of_anchors_does_not_unfold() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    [problem] = refused("\n".join(lines).encode())
    assert "too many values" in problem.what


def test_an_alias_of_itself_is_rejected() -> None:
    assert "nested too deeply" in refused(b"a: &a [*a]\n")[0].what


@pytest.mark.parametrize("depth", [50, 1_000])
def test_deep_nesting_is_rejected(depth: int) -> None:
    assert "nested too deeply" in refused(b"a: " + b"[" * depth + b"]" * depth)[0].what


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1\n", "g.yaml") == {"a": "1"}


def test_what_is_no_file_is_rejected(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    for path, said in [
        (tmp_path, "is a directory"),
        (tmp_path / "missing.yaml", "does not exist"),
        (tmp_path / "pipe.yaml", "not a regular file"),
        (tmp_path / "huge.yaml", "is larger than"),
        (tmp_path / ("n" * 300), "cannot be read"),
        (Path("null\0byte"), "cannot be read"),
    ]:
        with pytest.raises(GridError, match=said):
            read_yaml(path)


def test_a_file_that_is_not_there_may_be_one_nearby(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids" / "table7_1.yaml").touch()
    for asked in ("table7_1", "table7.1.yaml", "grids/table71.yaml"):
        with pytest.raises(GridError, match=r'Did you mean "grids/table7_1.yaml"\?'):
            read_yaml(Path(asked))
    with pytest.raises(GridError, match=r"does not exist\.$"):
        read_yaml(Path("else.yaml"))
