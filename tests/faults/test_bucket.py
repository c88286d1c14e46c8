"""A sweep whose store is a bucket: the driver is killed, and the same command finishes it."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.faults.clusters import free_port
from tests.faults.sweeps import TINY, Sweep, stored

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

# A lock in a bucket counts as left behind after 90 s; here sooner.
HASTY = "from sweeper.store import bucket_lock as b; b.HEARTBEAT_S, b.STALE_S = 2, 10; "


class Bucket:
    """One on an S3 server of this machine."""

    def __init__(self, folder):
        boto3 = pytest.importorskip("boto3")
        pytest.importorskip("moto.server")
        port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with (folder / "s3.txt").open("w") as log:
            self.server = subprocess.Popen(command, stdout=log, stderr=log)
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for _ in range(200):
            with contextlib.suppress(Exception):
                self.client.create_bucket(Bucket="sweeps")
                return
            assert self.server.poll() is None, (folder / "s3.txt").read_text()
            time.sleep(0.1)
        raise AssertionError("the S3 server does not answer")

    def names(self):
        listed = self.client.list_objects_v2(Bucket="sweeps").get("Contents", [])
        return [item["Key"] for item in listed]

    def records(self):
        return sum("/milestone-" in name for name in self.names())


@pytest.fixture
def bucket(tmp_path):
    made = Bucket(tmp_path)
    yield made
    made.server.kill()
    made.server.wait()


def test_a_sweep_in_a_bucket_continues_after_its_driver_was_killed(tiny, tmp_path, bucket):
    sweep = Sweep(tmp_path, TINY, "--store", "s3://sweeps/lab", **bucket.environment)
    sweep.first = HASTY
    with sweep.started() as process:
        sweep.wait_for(process, lambda: bucket.records() >= 1)
        os.kill(process.pid, signal.SIGKILL)
    assert bucket.records() < 4, "killed in mid-sweep"
    assert "lab/launch.lock" in bucket.names()
    assert sweep.launch() == 0, sweep.output
    assert stored(tmp_path) == tiny
    assert bucket.records() == 4
    assert "lab/launch.lock" not in bucket.names()
    assert not (tmp_path / "sweep_store" / "trainings").exists(), "all of it is in the bucket"
