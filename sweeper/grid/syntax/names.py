"""Names that become folders, MLflow experiments and tags: letters, digits, '.', '_' and '-'."""

import re
from typing import Annotated

from pydantic import AfterValidator

from sweeper.grid.syntax.fields import Text

MAX_LENGTH = 100
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def safe_name(name: str) -> str:
    """`name`, if it can be a folder that stays where it is put. Raises ValueError."""
    if len(name) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters.")
    if not _NAME.fullmatch(name):
        raise ValueError(
            "cannot be a name: letters, digits, '.', '_' and '-' are allowed, no '.' at the start."
        )
    return name


Name = Annotated[Text, AfterValidator(safe_name)]
