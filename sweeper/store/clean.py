"""Files of a sweep store that nothing needs any more."""

import contextlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trainers.saving.folders import Folder, LocalFolder, files_by_number
from trainers.saving.records import find_records

CHECKPOINT = "checkpoints of finished trainings"
ORPHAN = "trainings that the grid no longer asks for"
TEMPORARY = "temporary files"
SESSION = "temporary folders of Ray, of launches that ended"
WEIGHTS = "weights of runs that were not selected"

_CHECKPOINT_FILES, _WEIGHT_FILES = "checkpoint", "weights"
_LOCK = ".held"
_TEMPORARY_FOLDERS = ".calibration-"


@dataclass(frozen=True)
class Removable:
    """A file that can go, or a folder of Ray: its path, size in bytes, and why."""

    path: Path
    size: int
    reason: str


@dataclass(frozen=True)
class Needs:
    """What MLflow holds. published: {training id: iterations of its finished runs}.
    unfinished: trainings of which a launched grid asks for more.  orphans: trainings that no grid
    asks for any more.  weights: {training id: iterations whose weights no grid keeps}."""

    published: Mapping[str, Collection[int]]
    unfinished: Collection[str]
    orphans: Collection[str] = ()
    weights: Mapping[str, Collection[int]] = field(default_factory=dict)


def removable_files(store: Path, needs: Needs) -> list[Removable]:
    """What of a store on disk can go without losing a result or an unfinished training. The store
    must be locked, so that no launch writes into it."""
    found = [file for place in _temporary(store) for file in _files(place, TEMPORARY)]
    folders = sorted(store.glob("trainings/*")) if store.is_dir() else []
    for folder in folders:
        training = folder.name
        contents = find_records(LocalFolder(folder))
        found += [f for path in folder.glob(".*.tmp") for f in _files(path, TEMPORARY)]
        names = weight_files(LocalFolder(folder), needs.weights.get(training, ()))
        found += [f for name in names for f in _files(folder / name, WEIGHTS)]
        if training in needs.unfinished:
            continue
        if not set(contents.milestones) <= set(needs.published.get(training, ())):
            continue  # MLflow lacks a record
        if training in needs.orphans:
            paths = [p for p in folder.iterdir() if p.name != _LOCK and not p.match(".*.tmp")]
            orphans = sorted(p for p in paths if p.name not in names)
            found += [f for path in orphans for f in _files(path, ORPHAN)]
        elif contents.milestones:
            passed = finished_checkpoints(LocalFolder(folder), max(contents.milestones))
            found += [f for name in passed for f in _files(folder / name, CHECKPOINT)]
    return found


def remove_files(files: Collection[Removable]) -> list[str]:
    """Removes them. Returns a line for each that cannot be removed."""
    errors = []
    for file in files:
        try:
            if file.reason == SESSION:
                shutil.rmtree(file.path)
            else:
                file.path.unlink(missing_ok=True)
        except OSError as error:
            errors.append(f"{file.path}: cannot be removed ({error.strerror})")
    for folder in {file.path.parent for file in files if file.reason == TEMPORARY}:
        with contextlib.suppress(OSError):
            folder.rmdir()
    return errors


def finished_checkpoints(folder: Folder, last: int, keep: int = 0) -> list[str]:
    """Names of the checkpoints up to iteration `last`, without the newest `keep` of them. Later
    ones belong to another grid, which asks for more iterations."""
    passed = [n for step, n in files_by_number(folder, _CHECKPOINT_FILES).items() if step <= last]
    return passed[: len(passed) - keep]


def weight_files(folder: Folder, iterations: Collection[int]) -> list[str]:
    """Names of the kept weights of these iterations, as far as there are any."""
    return [n for step, n in files_by_number(folder, _WEIGHT_FILES).items() if step in iterations]


def has_weights(folder: Folder, iteration: int | None) -> bool:
    """Whether the weights of this iteration are kept, or can be read from the checkpoint written
    there; None: of any iteration."""
    kept = {**files_by_number(folder, _WEIGHT_FILES), **files_by_number(folder, _CHECKPOINT_FILES)}
    return bool(kept) if iteration is None else iteration in kept


def _temporary(store: Path) -> list[Path]:
    return sorted(store.glob(f"{_TEMPORARY_FOLDERS}*")) if store.is_dir() else []


def _files(path: Path, reason: str) -> Iterator[Removable]:
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in paths:
        if file.is_file():
            yield Removable(file, file.stat().st_size, reason)
