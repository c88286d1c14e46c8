"""The verdict of one check of a part, and how an error becomes one."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trainers.errors import TrainerError
from trainers.specs.own import Kind
from trainers.words import first_line

Check = Callable[[str], str]  # name of a part -> what was measured, or ''; raises Broken

_NOT_THEIRS = ("/torch/", "/numpy/", str(Path(__file__).parent))


class Broken(Exception):
    """A contract that does not hold: what was found, and what to do."""


@dataclass(frozen=True)
class Verdict:
    """text: what was measured, or what is wrong, where, and what to do."""

    kind: Kind
    name: str
    check: str
    ok: bool
    text: str = ""

    def __str__(self) -> str:
        state = "ok" if self.ok else "failed"
        return f"{state:6} {self.kind} {self.name}: {self.check}" + (
            f": {self.text}" if self.text else ""
        )


def verdict(kind: Kind, name: str, title: str, check: Check) -> Verdict:
    """Runs a check. An error of the part's own code is a failed check, with file and line."""
    try:
        return Verdict(kind, name, title, True, check(name))
    except Broken as broken:
        return Verdict(kind, name, title, False, str(broken))
    except TrainerError as error:  # its text is written for users
        return Verdict(kind, name, title, False, str(error))
    except Exception as error:
        return Verdict(kind, name, title, False, raised(error))


def raised(error: Exception) -> str:
    """'my_models.py:12 raises ValueError: ...', of the last line that is no library's."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(part in frame.filename for part in _NOT_THEIRS)
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} " if frames else ""
    return f"{where}raises {type(error).__name__}: {first_line(error)}"
