"""Writes an object of a bucket on a condition: S3's conditional PUT, which pyarrow does not offer.

Of several clients that write an object which does not exist, one succeeds."""

import os
from functools import cache
from typing import Any

from sweeper.errors import StoreError
from sweeper.messages import first_line

_REFUSED = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "412", "409")


def put_new(address: str, data: bytes) -> str | None:
    """Creates s3://BUCKET/KEY. Returns its ETag, or None where it exists already."""
    return _put(address, data, IfNoneMatch="*")


def replace(address: str, data: bytes, etag: str) -> str | None:
    """Replaces the object whose ETag this is. Returns the new ETag, or None where it changed."""
    return _put(address, data, IfMatch=etag)


def read_with_etag(address: str) -> tuple[bytes, str] | None:
    """The object and its ETag, or None where there is none."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = _client().get_object(**_place(address))
        return found["Body"].read(), str(found["ETag"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise StoreError(f"{address} cannot be read: {first_line(error)}") from error
    except BotoCoreError as error:
        raise StoreError(f"{address} cannot be read: {first_line(error)}") from error


def _put(address: str, data: bytes, **condition: str) -> str | None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(_client().put_object(Body=data, **_place(address), **condition)["ETag"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _REFUSED:
            return None
        raise StoreError(f"{address} cannot be written: {first_line(error)}") from error
    except BotoCoreError as error:
        raise StoreError(f"{address} cannot be written: {first_line(error)}") from error


def _place(address: str) -> dict[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


@cache
def _client() -> Any:
    """Reads endpoint, region and keys as AWS's own tools do."""
    from botocore.config import Config
    from botocore.session import get_session

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        # Other servers than AWS's refuse its checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return get_session().create_client("s3", region_name=region, config=config)
