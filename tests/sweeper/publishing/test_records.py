"""Publishing a record: what happens where it is damaged, missing, or cannot be read now."""

import pytest

from sweeper.planning.plan import make_plan
from sweeper.publishing.records import MISSING, Published, publish_record
from sweeper.store.folders import open_folder
from tests.sweeper.support.simulated_engine import invented
from tests.sweeper.support.small_grids import grid_of
from trainers.errors import RecordError
from trainers.saving import records
from trainers.saving.folders import LocalFolder

[TRAINING] = make_plan(grid_of(axes={"iterations": [10, 20]})).trainings


class Writer:
    """Records the ids of the runs that it is given."""

    def __init__(self):
        self.run_ids, self.no_picture = [], {}

    def publish(self, run):
        self.run_ids.append(run.run_id)


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def folder(tmp_path):
    return open_folder(str(tmp_path), TRAINING.training_id)


def write(folder):
    return records.write_milestone(folder, invented(TRAINING.config, 10))


def publish(writer, tmp_path, record, iteration=10):
    return publish_record(
        writer,
        store=str(tmp_path),
        training=TRAINING,
        iteration=iteration,
        record=record,
        grids=["g"],
        parent="p",
    )


def test_a_record_is_published_by_its_name_or_looked_up(writer, folder, tmp_path):
    run_id = TRAINING.run_id_at(10)
    for record in (write(folder), None):
        assert publish(writer, tmp_path, record) == Published(run_id, "finished")
    assert writer.run_ids == [run_id, run_id]


def test_a_damaged_record_is_removed_so_that_it_is_made_again(writer, folder, tmp_path):
    name = write(folder)
    path = folder.path / name
    path.write_bytes(path.read_bytes()[:-1])
    assert publish(writer, tmp_path, name) == Published(TRAINING.run_id_at(10), MISSING)
    assert writer.run_ids == [] and folder.names() == []


def test_a_record_that_is_not_there_is_missing(writer, folder, tmp_path):
    write(folder)
    assert publish(writer, tmp_path, None, iteration=20).status == MISSING
    assert writer.run_ids == [] and len(folder.names()) == 1


def test_a_record_of_a_later_version_is_an_error_and_kept(writer, folder, tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(records, "_FORMAT", 99)
        name = write(folder)
    with pytest.raises(RecordError, match="has format 99"):
        publish(writer, tmp_path, name)
    assert folder.names() == [name]


def test_a_record_that_cannot_be_read_now_is_an_error_and_kept(
    writer, folder, tmp_path, monkeypatch
):
    name = write(folder)

    def refused(self, name):
        raise RecordError("cannot be read (Stale file handle)")

    with monkeypatch.context() as broken:
        broken.setattr(LocalFolder, "read", refused)
        with pytest.raises(RecordError, match="Stale file handle"):
            publish(writer, tmp_path, name)
    assert folder.names() == [name]
