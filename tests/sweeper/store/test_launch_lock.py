"""One launch per store: the second is refused and names the first; a dead process has no lock."""

import json
import os
import subprocess
import sys
import time

import pytest

from sweeper.errors import StoreError, UsageError
from sweeper.store import bucket_lock
from sweeper.store.launch_lock import store_lock

HOLDER = """
import sys, time
from sweeper.store.launch_lock import store_lock
with store_lock(sys.argv[1], "first"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_launch_is_refused_and_names_the_first(holder, tmp_path):
    with pytest.raises(UsageError) as refused, store_lock(str(tmp_path), "second"):
        pass
    assert f"the launch of first (process {holder.pid} on " in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_killed_launch_leaves_no_lock(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert "first" in (tmp_path / "launch.lock").read_text()
    with store_lock(str(tmp_path), "second"):
        held = json.loads((tmp_path / "launch.lock").read_text())
    assert (held["grid"], held["pid"]) == ("second", os.getpid())


def test_a_foreign_lock_file_is_ignored(tmp_path):
    (tmp_path / "launch.lock").write_bytes(b"\xff\x00 not ours")
    with store_lock(str(tmp_path), "grid"):
        pass


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="--store"), store_lock(str(tmp_path / "store"), "grid"):
        pass


class Bucket:
    """A folder in memory, in place of one in a bucket."""

    files: dict[str, bytes] = {}

    def __init__(self, address):
        self.address = address

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files[name]

    def write(self, name, data):
        self.files[name] = bytes(data)

    def delete(self, name):
        self.files.pop(name, None)


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setattr("sweeper.store.bucket.BucketFolder", Bucket)
    monkeypatch.setattr(Bucket, "files", {})
    monkeypatch.setattr(bucket_lock, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(bucket_lock, "STALE_S", 0.5)
    return Bucket


def test_a_bucket_is_locked_while_its_launch_sends_heartbeats(bucket):
    with store_lock("s3://b/x", "first"):
        with pytest.raises(UsageError, match="the launch of first"), store_lock("s3://b/x", "2nd"):
            pass
    assert not bucket.files


def test_an_expired_lock_is_taken_over(bucket):
    bucket.files["launch.lock"] = json.dumps(
        {"grid": "dead", "pid": 1, "host": "h", "token": "t", "beat": 3}
    ).encode()
    with store_lock("s3://b/x", "second"):
        assert json.loads(bucket.files["launch.lock"])["grid"] == "second"


def test_of_two_that_start_at_once_the_last_to_write_goes_on(bucket, monkeypatch):
    def late(seconds):
        other = {"grid": "other", "pid": 1, "host": "h", "token": "t", "beat": 0}
        bucket.files["launch.lock"] = json.dumps(other).encode()

    monkeypatch.setattr(time, "sleep", late)
    with pytest.raises(UsageError, match="the launch of other"), store_lock("s3://b/x", "grid"):
        pass
