"""The sweep store: checkpoints and records of trainings, on disk or in a bucket."""
