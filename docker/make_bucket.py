"""Create the bucket of MLflow's artifacts, once the S3 store answers. Running it again is harmless.

Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL. Usage: make_bucket.py NAME"""

import sys

import boto3
from botocore.config import Config


def make_bucket(name: str) -> None:
    """Create bucket `name` unless it exists. Raises botocore's errors after its own retries."""
    # Addresses of the form http://s3:8333/NAME: names of buckets are no host names in this network.
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    if name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name)


if __name__ == "__main__":
    make_bucket(sys.argv[1])
