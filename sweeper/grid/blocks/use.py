"""The key `use`: a user's own code, loaded before the rest of a grid is read.

use: [./my_models.py, my_package]

A file is relative to the grid file; other words name an installed module. An installed package may
also bring parts by entry points, which are loaded when a grid names one."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from sweeper.grid.syntax.fields import Text
from trainers.errors import OwnCodeError
from trainers.own_code.installed import load_installed
from trainers.own_code.registry import use
from trainers.specs.own import Kind


def _load(name: str, info: ValidationInfo) -> str:
    context = info.context if isinstance(info.context, dict) else {}
    try:
        use(name, context.get("folder", Path.cwd()))
    except OwnCodeError as error:
        raise ValueError(f"cannot be used: {error}.") from None
    return name


Use = Annotated[Text, AfterValidator(_load)]


def brought_by_package(kind: Kind, name: str) -> bool:
    """Whether an installed package brings this part, which is then loaded. Raises ValueError."""
    try:
        found: bool = load_installed(kind, name)
    except OwnCodeError as error:
        raise ValueError(f"cannot be used: {error}.") from None
    return found
