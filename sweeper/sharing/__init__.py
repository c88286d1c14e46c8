"""Runs of other stores: merged into this one, packed into one file, unpacked from it."""
