"""Numbers from stored runs: frames, selection, spread, comparison, fronts."""
