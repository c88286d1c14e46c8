"""One launch per store: the second is refused and names the first; a dead process has no lock."""

import contextlib
import errno
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import threading
import time

import pytest
from botocore.exceptions import ClientError

from sweeper.errors import StoreError, UsageError
from sweeper.store import bucket_lock
from sweeper.store.launch_lock import local_holder_pid, store_lock

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


def test_a_file_system_without_locks_is_an_error(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("sweeper.store.launch_lock.fcntl.flock", no_locks)
    with pytest.raises(StoreError, match="cannot be locked: No locks available"):
        with store_lock(str(tmp_path), "grid"):
            pass


def test_a_held_lock_without_a_readable_text_has_no_known_process(holder, tmp_path):
    assert local_holder_pid(str(tmp_path)) == holder.pid
    for text in ("", "{", "[]", '{"pid": "x", "host": "a"}'):
        (tmp_path / "launch.lock").write_text(text)
        assert local_holder_pid(str(tmp_path)) is None


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="--store"), store_lock(str(tmp_path / "store"), "grid"):
        pass


class Bucket:
    """Objects in memory, in place of a bucket; a client with the part of botocore that is used.

    ignores_conditions: as servers do that have no conditional PUT."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.ignores_conditions = False
        self._lock = threading.Lock()

    def put_object(self, Bucket, Key, Body, IfNoneMatch=None, IfMatch=None):
        with self._lock:
            etag = _etag(self.files.get(Key))
            is_refused = (IfNoneMatch and etag) or (IfMatch and etag != IfMatch)
            if is_refused and not self.ignores_conditions:
                raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
            self.files[Key] = bytes(Body)
            return {"ETag": _etag(self.files[Key])}

    def get_object(self, Bucket, Key):
        with self._lock:
            if Key not in self.files:
                raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
            return {"Body": io.BytesIO(self.files[Key]), "ETag": _etag(self.files[Key])}


def _etag(content):
    return content and hashlib.md5(content).hexdigest()


@pytest.fixture
def bucket(monkeypatch):
    found = Bucket()
    monkeypatch.setattr("sweeper.store.conditional_put._client", lambda: found)
    monkeypatch.setattr(
        "sweeper.store.bucket.BucketFolder.delete",
        lambda folder, name: found.files.pop(f"x/{name}", None),
    )
    monkeypatch.setattr(bucket_lock, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(bucket_lock, "STALE_S", 0.5)
    return found


def test_a_bucket_is_locked_while_its_launch_sends_heartbeats(bucket):
    with store_lock("s3://b/x", "first"):
        with pytest.raises(UsageError, match="the launch of first"), store_lock("s3://b/x", "2nd"):
            pass
    assert not bucket.files


def test_an_expired_lock_is_taken_over(bucket):
    bucket.files["x/launch.lock"] = json.dumps(
        {"grid": "dead", "pid": 1, "host": "h", "token": "t", "beat": 3}
    ).encode()
    with store_lock("s3://b/x", "second"):
        assert json.loads(bucket.files["x/launch.lock"])["grid"] == "second"


def start_at_once(number):
    """How many of `number` launches that start at the same moment get the lock."""
    held, together, done = [], threading.Barrier(number), threading.Event()

    def start():
        together.wait()
        with contextlib.suppress(UsageError), store_lock("s3://b/x", "grid"):
            held.append(1)
            done.wait()

    threads = [threading.Thread(target=start) for _ in range(number)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    done.set()
    for thread in threads:
        thread.join()
    return len(held)


@pytest.mark.parametrize("dead", [False, True])
def test_of_four_that_start_at_once_one_gets_the_lock(bucket, monkeypatch, dead):
    """Also where a write takes longer than the second look at the lock waits."""
    put = bucket.put_object

    def slow_put(**given):
        time.sleep(random.random() / 10)
        return put(**given)

    monkeypatch.setattr(bucket, "put_object", slow_put)
    if dead:
        bucket.files["x/launch.lock"] = json.dumps({"grid": "dead", "token": "t"}).encode()
    assert start_at_once(4) == 1


def test_a_server_without_conditions_keeps_the_last_writer(bucket, monkeypatch):
    bucket.ignores_conditions = True
    sleep = time.sleep

    def late(seconds):
        sleep(seconds)
        other = {"grid": "other", "pid": 1, "host": "h", "token": "t", "beat": 0}
        bucket.files["x/launch.lock"] = json.dumps(other).encode()

    monkeypatch.setattr(time, "sleep", late)
    with pytest.raises(UsageError, match="the launch of other"), store_lock("s3://b/x", "grid"):
        pass
