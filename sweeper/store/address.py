"""Addresses of sweep stores: a folder, or s3://BUCKET/FOLDER."""

import re
from pathlib import Path

from sweeper.errors import UsageError
from sweeper.messages import mask_credentials

DEFAULT_STORE = "sweep_store"


def is_remote(store: str) -> bool:
    """Whether `store` is a bucket's address. Raises UsageError for an address of another kind."""
    if "://" not in store:
        return False
    if re.fullmatch(r"s3://[^/?#@]+(/[^?#]*)?", store) is None:
        raise UsageError(
            f"store {mask_credentials(store)}: not the address of a bucket. "
            "Write s3://BUCKET/FOLDER; the endpoint and the keys come from AWS_ENDPOINT_URL, "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if ".." in store.split("/"):
        raise UsageError(f"store {store}: '..' leads out of the bucket's folder")
    return True


def local_folder(store: str) -> Path:
    """A folder on disk for files that are appended to, which buckets do not support: the store
    itself, or sweep_store/ in the working folder where the store is a bucket."""
    return Path.cwd() / DEFAULT_STORE if is_remote(store) else Path(store)
