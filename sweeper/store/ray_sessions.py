"""Ray's temporary folders (/tmp/ray/session_*) of this store's launches.

Ray leaves the folder of each session that it started, a few MB of logs and sockets, under a name
that does not say whose it is. So a launch records it: as a file in `ray_sessions` of the store."""

import contextlib
import json
import logging
import os
import re
import socket
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

import psutil

from sweeper.store.address import is_remote
from sweeper.store.clean import SESSION, Removable
from sweeper.store.folders import open_at
from trainers.errors import RecordError

_RECORDS = "ray_sessions"
_PARENT = "ray"
_NAME = re.compile(r"session_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{6}_\d+")

log = logging.getLogger(__name__)


def record_session(store: str, folder: str) -> None:
    """Records that a launch of this store started the Ray whose session has this folder. Only for
    a store on disk: no other can be cleaned."""
    if is_remote(store):
        return
    path = Path(folder)
    about = {"folder": str(path), "host": socket.gethostname()}
    try:
        open_at(store, _RECORDS).write(f"{path.name}.json", json.dumps(about).encode())
    except OSError as error:  # the folder stays until someone else removes it
        log.warning("%s: Ray's folder %s is not recorded: %s", store, folder, error)


def ended_sessions(store: Path) -> list[Removable]:
    """The recorded folders that can go: of this machine and this user, under a name of Ray's, no
    symbolic links, and used by no process. The store must be locked, so that no launch runs."""
    recorded = [folder for _, folder in _recorded(store)]
    found = [folder for folder in recorded if _NAME.fullmatch(folder.name) and _is_own(folder)]
    used = _used({folder.name for folder in found})
    return [Removable(f, _size(f), SESSION) for f in found if f.name not in used]


def forget_removed_sessions(store: Path) -> None:
    """Removes the records of folders of this machine that are gone."""
    for name, folder in _recorded(store):
        if not os.path.lexists(folder):
            open_at(str(store), _RECORDS).delete(name)


def _recorded(store: Path) -> Iterator[tuple[str, Path]]:
    """The name of each record of this machine, and the folder in it; damaged ones are left out."""
    records = open_at(str(store), _RECORDS)
    for name in records.names():
        try:
            about = json.loads(records.read(name))
            folder, host = Path(about["folder"]), about["host"]
        except (RecordError, ValueError, KeyError, TypeError):
            continue
        if host == socket.gethostname():
            yield name, folder


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user's in a folder of Ray's, neither of them a link."""
    if not folder.is_absolute() or ".." in folder.parts or folder.parent.name != _PARENT:
        return False
    try:
        about = folder.lstat()
    except OSError:
        return False
    is_own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
    return is_own and not folder.parent.is_symlink()


def _used(names: Collection[str]) -> set[str]:
    """Those of the folders that are in the command line, the working folder or the open files of a
    process; Ray's own workers have their logs open."""
    found: set[str] = set()
    for process in psutil.process_iter() if names else ():
        texts: list[str] = []
        with contextlib.suppress(psutil.Error):
            texts += process.cmdline()
        with contextlib.suppress(psutil.Error):
            texts.append(process.cwd())
        with contextlib.suppress(psutil.Error):
            texts += [file.path for file in process.open_files()]
        found |= {name for name in names if any(name in text for text in texts)}
    return found


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total
