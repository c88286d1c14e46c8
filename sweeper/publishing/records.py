"""A milestone record in the sweep store, published to MLflow."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from sweeper.planning.plan import Training
from sweeper.plotting.style import load_matplotlib
from sweeper.publishing.runs import run_to_publish
from sweeper.store.folders import open_folder
from sweeper.tracking.writing.writer import Writer
from trainers.errors import RecordError
from trainers.saving.folders import is_damaged
from trainers.saving.records import Milestone, find_records, read_milestone

log = logging.getLogger(__name__)

MISSING = "missing"  # a status: its record was damaged, or is not there


@dataclass(frozen=True)
class Published:
    """What became of a run. status: finished, diverged or failed in MLflow; or MISSING.
    no_picture: why its picture could not be drawn, or ''."""

    run_id: str
    status: str
    reason: str = ""
    no_picture: str = ""


def publish_record(
    writer: Writer,
    *,
    store: str,
    training: Training,
    iteration: int,
    record: str | None,
    grids: Iterable[str],
    parent: str,
) -> Published:
    """record: the record's name; None looks it up. Raises what MLflow raises, and RecordError for
    a record that cannot be read now."""
    run_id = training.run_id_at(iteration)
    milestone = _read(store, training.training_id, iteration, record)
    if milestone is None:
        return Published(run_id, MISSING)
    entry = run_to_publish(training, iteration, grids=grids, parent=parent, milestone=milestone)
    writer.publish(entry)
    load_matplotlib()  # for the figures at the end, while trainings still run
    return Published(run_id, entry.status, entry.reason, writer.no_picture.get(run_id, ""))


def _read(store: str, training_id: str, iteration: int, record: str | None) -> Milestone | None:
    """The milestone; a damaged record is removed, so that the next launch makes it again."""
    folder = open_folder(store, training_id)
    name = record or find_records(folder).milestones.get(iteration)
    if name is None:
        return None
    try:
        return read_milestone(folder, name)
    except RecordError as error:
        if not is_damaged(folder, name):  # of a later version, or not readable now
            raise
        log.warning("%s; it is removed, and the same command makes it again", error)
        folder.delete(name)
        return None
