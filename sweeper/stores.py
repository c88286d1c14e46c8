"""The sweep store: one folder of records and checkpoints a training, on disk or on S3.

It serves going on after a kill, and nothing else: tables and figures come from MLflow, and the
store may be deleted when a sweep is done."""

import re
from collections.abc import Iterable
from pathlib import Path

from sweeper.errors import StoreError
from trainers.folders import Folder, LocalFolder
from trainers.records import Found, find_records

DEFAULT_STORE = "sweep_store"
_ID = re.compile(r"[0-9a-f]{16}")


def open_folder(store: str, training_id: str) -> Folder:
    """The folder of one training. Raises StoreError for an id that is none."""
    if _ID.fullmatch(training_id) is None:
        raise StoreError(f"{training_id!r} is not a training id")
    return LocalFolder(Path(store) / "trainings" / training_id)


def scan(store: str, training_ids: Iterable[str]) -> dict[str, Found]:
    """What the store holds of each training, by file names alone."""
    return {
        training_id: find_records(open_folder(store, training_id)) for training_id in training_ids
    }
