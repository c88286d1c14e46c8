"""Random streams: named, repeatable, independent of one another."""

import numpy as np

from trainers.seeds import random_stream, seed_for


def test_a_stream_always_starts_at_its_beginning():
    first = random_stream(1, "noise", 7).standard_normal(4)
    random_stream(1, "noise", 6).standard_normal(100)
    assert np.array_equal(first, random_stream(1, "noise", 7).standard_normal(4))


def test_seed_purpose_and_iteration_each_change_the_stream():
    names = [(1, "noise", 7), (2, "noise", 7), (1, "split", 7), (1, "noise", 8)]
    draws = {random_stream(*name).integers(2**63) for name in names}
    seeds = {seed_for(*name) for name in names}
    assert len(draws) == len(seeds) == len(names)


def test_a_stream_equals_philox_keyed_by_the_name():
    # SHA-256 of "0/noise/1", first 16 bytes, little-endian, as the key of numpy's Philox.
    import hashlib

    key = int.from_bytes(hashlib.sha256(b"0/noise/1").digest()[:16], "little")
    expected = np.random.Generator(np.random.Philox(key=key)).integers(2**63)
    assert random_stream(0, "noise", 1).integers(2**63) == expected
