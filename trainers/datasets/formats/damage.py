"""Errors about damaged content that name the file."""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainers.errors import DataError
from trainers.words import first_line


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turns the exceptions of libraries for damaged files into a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not a complete zip file: {error}") from error
    except KeyError as error:
        raise DataError(f"{path}: {error.args[0] if error.args else error}") from error
    except (EOFError, zlib.error, tarfile.TarError, struct.error) as error:
        raise DataError(f"{path}: cut short or altered: {first_line(error)}") from error
    except (OSError, ValueError, NotImplementedError, RuntimeError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
