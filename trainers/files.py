"""Files that appear whole: written under a temporary name, then renamed. A user's cache folder."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def write_then_rename(path: Path, temporary: Path | None = None) -> Iterator[Path]:
    """Yields a temporary path next to `path`; once the block has written it, renames it to `path`.

    The content is on disk before the rename, so that a power failure leaves the old file or the new
    one. A block that raises leaves neither a new nor a temporary file.

    temporary: by default a hidden, short, unique name; another one for writers that hold a lock."""
    temporary = temporary or path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def user_cache() -> Path:
    """Folder of what any launch of this user may reuse, by the XDG rules. It may be missing.

    Raises OSError where neither XDG_CACHE_HOME nor a home folder is known."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sweeper"
    except RuntimeError as error:
        raise FileNotFoundError(str(error)) from error
