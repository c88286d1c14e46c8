"""Whatever the bytes, a grid file loads or is refused with its mistakes; it never crashes."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweeper.errors import GridError, SweeperError
from sweeper.grid import load_grid
from sweeper.planning.cells import MAX_RUNS, count_cells
from sweeper.planning.plan import make_plan

GRIDS = sorted((Path(__file__).parents[3] / "grids").glob("*.yaml"))
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = [
    *("datasets", "models", "axes", "iterations", "batch_size", "learning_rate", "seeds"),
    *("evaluation", "measures", "select", "by", "search", "directions", "resources", "gpu"),
    *("dsprites", "mpi3d", "vae", "beta_vae", "beta", "l_vae", "learned", "from", "model"),
    *("low", "high", "log", "step", "name", "path", "source", "count", "first", "all", "auto"),
    *("1e-4", "0", "-1", "1e999", ".nan", ".inf", "010", "50_000", "off", "yes", "null", "~"),
    *("[", "]", "{", "}", ":", ": ", ",", "- ", "\n", "\n  ", "\n    ", "&a ", "*a", "<<: "),
    *("'", '"', "#", "|", ">", "!!str ", "!x ", "---\n", "\t", "\0", "\x07", "\ufeff", "\ud7ff"),
    *("\u03b2", "\\x00", "9" * 400, "../x", "%", "@", "`", "? "),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "grid.yaml"


def loads_or_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        grid = load_grid(path)
    except GridError as error:
        assert error.exit_code == 2
        assert error.problems and all(problem.what for problem in error.problems)
        assert str(error).encode("utf-8")
        assert str(path) in str(error)
        return
    if grid.search is None and count_cells(grid) <= MAX_RUNS // 100:
        try:
            make_plan(grid)
        except SweeperError:
            pass


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes(path: Path, data: bytes) -> None:
    loads_or_is_refused(path, data)


@FUZZ
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words(path: Path, words: list[str]) -> None:
    loads_or_is_refused(path, "".join(words).encode("utf-8"))


@FUZZ
@given(
    st.sampled_from(GRIDS),
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 12), st.sampled_from(WORDS) | st.text(max_size=3)
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_any_edit_of_a_good_grid(
    path: Path, good: Path, edits: list[tuple[float, int, str]]
) -> None:
    """Some spans of a shipped grid, without its comments, are replaced."""
    lines = [line for line in good.read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines)
    for where, length, new in edits:
        start = int(where * len(text))
        text = text[:start] + new + text[start + length :]
    loads_or_is_refused(path, text.encode("utf-8", "surrogatepass"))


scalars = st.sampled_from(["vae", "dsprites", "1e-4", "64", "-1", "off", "", "x", "1e999", "all"])
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS[:42]), inner, max_size=3)
    ),
    max_leaves=8,
)


@FUZZ
@given(
    st.sampled_from(["datasets", "models", "axes", "seeds", "evaluation", "select", "resources"])
    | st.sampled_from(["search", "experiment", "sharing", "price", "table", "name"]),
    trees,
)
def test_any_tree_in_any_place(path: Path, key: str, tree: object) -> None:
    blocks = {"datasets": "dsprites", "models": "vae", "axes": {"iterations": 10}, key: tree}
    loads_or_is_refused(path, json.dumps(blocks).encode())
