"""The user's own settings of notifications, for grids that have none: ~/.config/sweeper.yaml.

notify: {webhook: "${SWEEPER_WEBHOOK}", events: [end, failure]}"""

import os
from pathlib import Path

from sweeper.errors import UsageError
from sweeper.grid.blocks.notify import Notify
from sweeper.grid.syntax.fields import Block


class UserSettings(Block):
    """The content of the file."""

    notify: Notify | None = None


def user_file() -> Path:
    """Where the file is, by the XDG rules."""
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(folder).expanduser() / "sweeper.yaml"


def user_notify() -> Notify | None:
    """The user's settings, or None without a file. Raises UsageError for a file with mistakes."""
    import yaml
    from pydantic import ValidationError

    path = user_file()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return UserSettings.model_validate(content or {}).notify
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()
        )
        raise UsageError(f"{path}: {mistakes}") from None
