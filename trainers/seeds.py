"""Random streams: each a pure function of (seed, purpose, iteration).

A stream is identified by its name, not by a position: drawing more from one changes no other, and
a training that is killed and resumed draws the same numbers as one that is not interrupted. The
generator is numpy's Philox, keyed by a SHA-256 of the name, so streams are equal on every
platform."""

import hashlib

import numpy as np


def seed_for(seed: int, purpose: str, iteration: int = 0) -> int:
    """A 64-bit seed for the stream (seed, purpose, iteration)."""
    return int.from_bytes(_digest(seed, purpose, iteration)[:8], "little")


def random_stream(seed: int, purpose: str, iteration: int = 0) -> np.random.Generator:
    """A new generator at the beginning of the stream (seed, purpose, iteration)."""
    key = int.from_bytes(_digest(seed, purpose, iteration)[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def _digest(seed: int, purpose: str, iteration: int) -> bytes:
    return hashlib.sha256(f"{seed}/{purpose}/{iteration}".encode()).digest()
