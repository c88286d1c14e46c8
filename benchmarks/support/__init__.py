"""What several benchmarks share: limits of the machine, timing, the training that is timed."""
