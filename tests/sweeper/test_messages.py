"""Phrases of messages: what is masked, and the first line of an error."""

import pytest

from sweeper.messages import first_line, mask_credentials


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://me:secret@host/db", "postgresql://***@host/db"),
        ("http://me:se/cr@et@host:5000/p", "http://***@host:5000/p"),
        ("http://token@host", "http://***@host"),
        (
            "mysql://host/db?user=me&password=secret&ssl=1",
            "mysql://host/db?user=me&password=***&ssl=1",
        ),
        ("at http://a:secret@h/x and at s3://k:secret@b", "at http://***@h/x and at s3://***@b"),
    ],
)
def test_credentials_are_masked(text, masked):
    assert mask_credentials(text) == masked


@pytest.mark.parametrize(
    "text", ["sqlite:////home/me@work/mlflow.db", "http://host:5000", "s3://bucket/a@b", "a@b: c"]
)
def test_an_address_without_credentials_stays(text):
    assert mask_credentials(text) == text


def test_the_first_line_of_an_error():
    assert first_line(ValueError("\n  one\ntwo")) == "one"
    assert first_line(ValueError("")) == "ValueError"
