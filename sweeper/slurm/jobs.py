"""Which Slurm jobs belong to a store: a file per grid in its folder `slurm`."""

import json
from dataclasses import asdict, dataclass

from sweeper.errors import StoreError
from sweeper.store.folders import open_at
from trainers.errors import RecordError


@dataclass(frozen=True)
class SubmittedJob:
    """The newest job of a grid. log: its output."""

    grid: str
    job: str
    log: str


def save_job(store: str, job: SubmittedJob) -> None:
    """Raises StoreError."""
    try:
        open_at(store, "slurm").write(f"{job.grid}.json", json.dumps(asdict(job)).encode())
    except OSError as error:
        raise StoreError(f"the sweep store {store} cannot be written: {error}") from error


def submitted_jobs(store: str) -> list[SubmittedJob]:
    """The newest job of each grid, by name."""
    folder = open_at(store, "slurm")
    found = []
    for name in folder.names():
        try:
            found.append(SubmittedJob(**json.loads(folder.read(name))))
        except (RecordError, ValueError, TypeError):
            continue
    return found
