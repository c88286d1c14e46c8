"""Names that become folders, MLflow experiments and tags: letters, digits, '.', '_' and '-'."""

import re
from typing import Annotated

from pydantic import AfterValidator

from sweeper.grid.syntax.fields import Text

MAX_LENGTH = 100
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def safe_name(name: str) -> str:
    """`name`, if it is safe as a folder's name. Raises ValueError."""
    if len(name) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters.")
    if not _NAME.fullmatch(name):
        raise ValueError(
            "is not a valid name: use letters, digits, '.', '_' and '-', with no '.' at the start."
        )
    return name


Name = Annotated[Text, AfterValidator(safe_name)]
