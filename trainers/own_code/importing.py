"""Imports a user's own code from its text, so that what runs is what the digest is of.

Python's cache of compiled files is not used: it takes a file for unchanged that was changed within
one second to a text of the same length."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

from trainers.errors import OwnCodeError
from trainers.own_code.source import Source


class _TextLoader(InspectLoader):
    """Runs the text of one file. Tracebacks and debuggers show it under its path."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text

    def get_source(self, fullname: str) -> str:
        return self.text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)

    def get_filename(self, fullname: str) -> str:
        return self.path


class _Finder(MetaPathFinder):
    """Finds the modules of a source. The file that a source is named by has a private name."""

    def __init__(self, source: Source, entry_name: str) -> None:
        self._source, self._entry_name = source, entry_name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        files = self._source.files
        place = fullname.replace(".", "/")
        if fullname == self._entry_name and not self._source.module:
            return self._spec(fullname, self._source.entry)
        for name in (f"{place}/__init__.py", f"{place}.py"):
            if name in files and (self._source.module or name != self._source.entry):
                return self._spec(fullname, name)
        if any(name.startswith(f"{place}/") for name in files):
            spec = ModuleSpec(fullname, None, is_package=True)  # a folder without __init__.py
            spec.submodule_search_locations = [str(Path(self._source.root, place))]
            return spec
        return None

    def _spec(self, fullname: str, name: str) -> ModuleSpec:
        path = str(Path(self._source.root, name))
        is_package = name.endswith("__init__.py")
        spec = ModuleSpec(
            fullname, _TextLoader(path, self._source.files[name]), is_package=is_package
        )
        spec.origin, spec.has_location = path, True
        if is_package:
            spec.submodule_search_locations = [str(Path(path).parent)]
        return spec


def import_source(source: Source) -> tuple[ModuleType, frozenset[str]]:
    """The module, and the names of all modules that the source consists of.

    Raises OwnCodeError with the file and line where the code has raised an error."""
    stem = Path(source.entry).stem
    name = source.module or f"own_{stem}_{source.digest}"
    with _importing(source, name) as inside:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise OwnCodeError(_what_was_raised(error, source)) from error
    return module, frozenset(inside)


@contextmanager
def _importing(source: Source, name: str) -> Iterator[set[str]]:
    """The source's modules can be imported. Those next to a file are removed from `sys.modules`
    afterwards, so that another folder may have a file of the same name."""
    names = {_module_name(file) for file in source.files}
    if not source.module:
        names = (names - {_module_name(source.entry)}) | {name}
    held = {}
    if not source.module:
        held = {n: sys.modules.pop(n) for n in names if n in sys.modules and n != name}
    finder = _Finder(source, name)
    sys.meta_path.insert(0, finder)
    try:
        yield names
    finally:
        sys.meta_path.remove(finder)
        if not source.module:
            for other in names - {name}:
                sys.modules.pop(other, None)
        sys.modules.update(held)


def _module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _what_was_raised(error: Exception, source: Source) -> str:
    """'my_models.py:3: raises NameError on import: name 'x' is not defined'."""
    paths = {str(Path(source.root, file)): file for file in source.files}
    where, trace = source.place, error.__traceback__
    while trace is not None:
        file = paths.get(trace.tb_frame.f_code.co_filename)
        if file is not None:
            shown = source.place if file == source.entry and not source.module else file
            where = f"{shown}:{trace.tb_lineno}"
        trace = trace.tb_next
    text = " ".join(str(error).split())
    return f"{where}: raises {type(error).__name__} on import" + (f": {text}" if text else "")
