"""A measure outside its range, and one that is not repeatable."""

from itertools import count

from trainers.interface import measure

CALLS = count()


@measure(range="0 to 1")
def too_large(latents_NL, factors_NK):
    """The number of latents."""
    return float(latents_NL.shape[1])


@measure(range="0 to 1")
def drifting(latents_NL, factors_NK):
    """Another value at each call."""
    return 1.0 / (2 + next(CALLS))
