"""The sweep store: ids, addresses, one writer a folder, on disk and in a bucket."""

import subprocess
import sys

import pytest

from sweeper.errors import StoreError, UsageError
from sweeper.store import conditional_put
from sweeper.store.folders import lock_folder, open_folder, read_progress
from sweeper.store.probes import check_writable
from trainers.errors import RecordError
from trainers.saving.folders import read_digested, write_digested
from trainers.saving.records import FolderContents

ID = "0123456789abcdef"


@pytest.mark.parametrize(
    "name", ["", "..", "a/../../b", "0123456789ABCDEF", ID + "0", "/" + ID[1:]]
)
def test_a_malformed_id_opens_no_folder(name, tmp_path):
    with pytest.raises(StoreError, match="not a training id"):
        open_folder(str(tmp_path), name)


@pytest.mark.parametrize(
    "address", ["s3://", "gs://bucket/x", "s3://key:secret@bucket/x", "s3://b/?a=b"]
)
def test_an_address_of_another_kind_is_refused_without_its_secrets(address):
    with pytest.raises(UsageError, match="s3://BUCKET/FOLDER") as refused:
        open_folder(address, ID)
    assert "secret" not in str(refused.value)


def test_an_address_with_parent_folders_is_refused():
    with pytest.raises(UsageError, match="leads out"):
        open_folder("s3://bucket/a/../../b", ID)


def test_an_empty_store_holds_nothing(tmp_path):
    assert read_progress(str(tmp_path / "none"), [ID]) == {ID: FolderContents()}


def test_a_store_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    def refused(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sweeper.store.folders.find_records", refused)
    with pytest.raises(StoreError, match="cannot be read: .*Permission denied"):
        read_progress(str(tmp_path), [ID])


def test_a_store_that_cannot_be_written_is_an_error(tmp_path):
    check_writable(str(tmp_path / "new"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        check_writable(str(tmp_path / "file"))


HOLD = """
import sys, time
from sweeper.store.folders import lock_folder
with lock_folder(sys.argv[1], sys.argv[2]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_folder_has_one_writer_and_its_lock_ends_with_the_process(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path), ID]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="another worker"):
            with lock_folder(str(tmp_path), ID, timeout_s=0.0):
                pass
        other.kill()
    with lock_folder(str(tmp_path), ID, timeout_s=60.0):
        assert open_folder(str(tmp_path), ID).names() == []


@pytest.fixture(scope="module")
def bucket():
    """A bucket of a server on this machine; skipped where none can be started."""
    server_of = pytest.importorskip("moto.server")
    from sweeper.store.bucket import file_system

    with pytest.MonkeyPatch.context() as patch:
        server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        file_system.cache_clear()
        import boto3

        boto3.client(
            "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1"
        ).create_bucket(Bucket="sweeps")
        yield "s3://sweeps/some/store"
        file_system.cache_clear()
        server.stop()


@pytest.mark.slow
class TestBucket:
    def test_an_object_is_created_once_and_replaced_only_where_it_is_unchanged(self, bucket):
        address = f"{bucket}/launch.lock"
        assert conditional_put.read_with_etag(address) is None
        first = conditional_put.put_new(address, b"1")
        assert first and conditional_put.put_new(address, b"2") is None
        assert conditional_put.read_with_etag(address) == (b"1", first)
        second = conditional_put.replace(address, b"3", first)
        assert second and conditional_put.replace(address, b"4", first) is None
        assert conditional_put.read_with_etag(address) == (b"3", second)

    def test_a_bucket_that_does_not_exist_is_reported(self, bucket):
        with pytest.raises(StoreError, match="s3://elsewhere/launch.lock cannot be written"):
            conditional_put.put_new("s3://elsewhere/launch.lock", b"1")

    def test_a_file_is_read_back_and_deleted(self, bucket):
        folder = open_folder(bucket, ID)
        assert folder.names() == []
        name = write_digested(folder, "milestone-000000000001", ".npz", b"abc")
        assert folder.names() == [name]
        assert read_digested(folder, name) == b"abc"
        found = read_progress(bucket, [ID])[ID]
        assert found.milestones == {1: name}
        folder.delete(name)
        folder.delete(name)
        assert folder.names() == []

    def test_a_missing_object_is_an_error(self, bucket):
        with pytest.raises(RecordError, match="does not exist"):
            open_folder(bucket, ID).read("none")

    def test_a_failed_write_leaves_nothing(self, bucket):
        folder = open_folder(bucket, ID)
        with pytest.raises(TypeError):
            folder.write("half", "text is not bytes")
        assert "half" not in folder.names()

    def test_a_bucket_that_does_not_exist_cannot_be_written(self, bucket):
        with pytest.raises(StoreError, match="cannot be written"):
            check_writable("s3://nosuchbucket/x")
        check_writable(bucket)
