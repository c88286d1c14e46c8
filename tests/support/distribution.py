"""Which tests of a run with `-n` share a process: those of a file, or of a group of files.

A file's tests stay together, so that what its fixtures make is made once. Files with the mark
`xdist_group` stay together with the others of their group: xdist 3.8 alone ignores the mark under
pytest 9.2, and then spreads a file's tests over all processes (pytest-xdist, issue 1386)."""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler.loadscope import LoadScopeScheduling

ROOT = Path(__file__).parents[2]
_MARK = re.compile(r'xdist_group\("(\w+)"\)')


@cache
def part(path: str) -> str:
    """The group of a test file, else its path."""
    found = _MARK.search((ROOT / path).read_text(encoding="utf-8"))
    return found[1] if found else path


class ByFile(LoadScopeScheduling):
    """Hands out whole files in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return part(nodeid.partition("::")[0])
