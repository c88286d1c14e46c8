"""A folder in a bucket (S3 or a server with its API), through pyarrow.

A PUT is atomic: an object appears whole or not at all. Endpoint, region and keys come from the
environment, as AWS's own tools read them; none is ever stored."""

import os
from functools import cache
from typing import Any

from sweeper.errors import StoreError
from sweeper.messages import first_line
from trainers.errors import RecordError


class BucketFolder:
    """A flat folder at s3://bucket/prefix; see `trainers.saving.folders.Folder`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._path = address.removeprefix("s3://").strip("/")

    def __repr__(self) -> str:
        return f"BucketFolder({self.address!r})"

    def names(self) -> list[str]:
        from pyarrow.fs import FileSelector, FileType

        selector = FileSelector(self._path, allow_not_found=True)
        try:
            found = file_system().get_file_info(selector)
        except OSError as error:
            raise StoreError(f"{self.address}: {first_line(error)}") from error
        names = (info.base_name for info in found if info.type == FileType.File)
        return sorted(name for name in names if not name.startswith("."))

    def read(self, name: str) -> bytes:
        try:
            with file_system().open_input_stream(f"{self._path}/{name}") as stream:
                return bytes(stream.read())
        except FileNotFoundError as error:
            raise RecordError(f"{self.address}/{name} does not exist") from error

    def write(self, name: str, data: bytes | memoryview) -> None:
        # the view is made before the stream is opened: closing it publishes what it holds
        with (
            memoryview(data) as whole,
            file_system().open_output_stream(f"{self._path}/{name}") as stream,
        ):
            stream.write(whole)

    def delete(self, name: str) -> None:
        try:
            file_system().delete_file(f"{self._path}/{name}")
        except FileNotFoundError:
            return


@cache
def file_system() -> Any:
    """The one file system of this process."""
    from pyarrow.fs import S3FileSystem

    environment = os.environ
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    scheme, _, host = (endpoint or "").rpartition("://")
    return S3FileSystem(
        region=region,
        scheme=scheme or "https",
        endpoint_override=host or None,
        connect_timeout=10,
        request_timeout=60,
        # A mistyped bucket must not be created.
        allow_bucket_creation=False,
        check_directory_existence_before_creation=True,
    )
