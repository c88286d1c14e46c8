"""Faults: what is killed, cut off or damaged, and that the same command finishes the sweep."""
