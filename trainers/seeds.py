"""Random streams: each a pure function of (seed, purpose, iteration), never of history.

A stream is named, not positional: drawing more from one moves no other, and a training that was
killed at any step draws, after its resume, what it would have drawn undisturbed. The generator is
numpy's Philox, keyed by a SHA-256 of the name, so streams are equal on every platform."""

import hashlib

import numpy as np


def seed_for(seed: int, purpose: str, iteration: int = 0) -> int:
    """A 64-bit seed for the stream (seed, purpose, iteration)."""
    return int.from_bytes(_digest(seed, purpose, iteration)[:8], "little")


def random_stream(seed: int, purpose: str, iteration: int = 0) -> np.random.Generator:
    """The random stream named (seed, purpose, iteration), from its beginning."""
    key = int.from_bytes(_digest(seed, purpose, iteration)[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def _digest(seed: int, purpose: str, iteration: int) -> bytes:
    return hashlib.sha256(f"{seed}/{purpose}/{iteration}".encode()).digest()
