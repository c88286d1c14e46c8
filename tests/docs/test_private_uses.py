"""docs/private_uses.md lists every private part of Ray, MLflow and Optuna that the code uses."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("search_spaces", "trainers", "sweeper")
PAGE = (ROOT / "docs/private_uses.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w+) \| `([^`]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
LIBRARIES = ("ray", "mlflow", "optuna")
SUBCLASSED = ("ray", "optuna")  # of MLflow only its public PythonModel
VARIABLE = re.compile(r"(?:RAY|TUNE|MLFLOW|OPTUNA)_\w+")
PRIVATE = re.compile(r"_[a-z]\w*")


def sources() -> dict[str, ast.Module]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


def base_classes(tree: ast.Module) -> dict[str, list[str]]:
    """The methods of each class that derives from one of a library: {base: methods}."""
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in SUBCLASSED
        for alias in node.names
    }
    return {
        imported[base.id]: [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id in imported
    }


def private_members(tree: ast.Module) -> set[str]:
    """Private names that a class inherits from a library: overridden or called on self."""
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = set()
    for base, methods in base_classes(tree).items():
        module, _, name = base.rpartition(".")
        theirs = getattr(importlib.import_module(module), name)
        found |= {n for n in {*methods, *used} if PRIVATE.fullmatch(n) and hasattr(theirs, n)}
    return found


def private_uses(tree: ast.Module) -> Iterator[str]:
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    uses_a_library = any(library in imported_libraries(tree) for library in LIBRARIES)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if VARIABLE.fullmatch(text):
                yield text
            case ast.ImportFrom(module=str(module), names=names) if "._" in module:
                if module.split(".")[0] in LIBRARIES:
                    yield from (
                        f"{module}.{alias.name}" if module.endswith("._private") else module
                        for alias in names
                    )
            case ast.keyword(arg=str(name)) if PRIVATE.fullmatch(name) and uses_a_library:
                yield name
            case ast.Attribute(value=value, attr=name) if uses_a_library and name not in own:
                if PRIVATE.fullmatch(name) and not ast.unparse(value).startswith(("self", "os")):
                    yield name
    yield from private_members(tree)


def imported_libraries(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@cache
def library_text(library: str, kind: str) -> bytes:
    """What an installed library says: its Python files, or Ray's core, or MLflow's web pages."""
    spec = find_spec(library)
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent
    if kind == "py":
        files = [path for path in folder.rglob("*.py") if not {"rllib", "tests"} & {*path.parts}]
    else:
        files = [*folder.glob("_raylet*.so"), *folder.glob("server/js/build/static/js/*.js")]
    return b"\n".join(path.read_bytes() for path in files)


def test_every_private_use_is_listed():
    found = {(name, path) for path, tree in sources().items() for name in private_uses(tree)}
    assert found - {(name, path) for _, name, path in ROWS} == set()


@pytest.mark.parametrize(("library", "name", "path"), ROWS)
def test_what_is_listed_is_used_and_still_there(library, name, path):
    last = name.rpartition(".")[2] if name.startswith("ray._private") else name
    assert last in (ROOT / path).read_text(encoding="utf-8"), "no longer used: delete the row"
    if name.startswith("ray._private"):
        assert find_spec(name)
    elif "/" in name:
        assert any(Path(str(find_spec(library).origin)).parent.joinpath(name).iterdir())
    else:
        text = re.sub("^RAY_(?=[a-z])", "", name).encode()
        found = text in library_text(library, "py") or text in library_text(library, "other")
        assert found, f"{library} no longer has it"


def test_overridden_methods_take_the_same_arguments():
    from optuna.samplers import CmaEsSampler

    from search_spaces.samplers.cma_es import UnpickledCmaEs

    overridden = {
        name: method
        for name, method in vars(UnpickledCmaEs).items()
        if PRIVATE.fullmatch(name) and callable(method)
    }
    assert "_restore_optimizer" in overridden
    for name, method in overridden.items():
        theirs = inspect.signature(getattr(CmaEsSampler, name))
        assert list(inspect.signature(method).parameters) == list(theirs.parameters), name


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import ray\nray.init(_temp_dir='x')", {"_temp_dir"}),
        ("from optuna.trial import Trial\nt._storage.x", {"_storage"}),
        ("from mlflow.store._unity_catalog import x", {"mlflow.store._unity_catalog"}),
        ("import os\nos.environ['RAY_NEW'] = '1'", {"RAY_NEW"}),
        ("from optuna import Study\nclass A(Study):\n def _get_trials(s): ...", {"_get_trials"}),
        ("from optuna import Study\nclass A(Study):\n def _mine(s): ...", set()),
        ("import ray\nclass A:\n  def f(self): self._mine", set()),
    ],
)  # fmt: skip
def test_the_search_finds_each_kind(code, found):
    assert set(private_uses(ast.parse(code))) == found
