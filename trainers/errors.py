"""Errors of the trainers, for users to read.

TrainerError
  ConfigError        a training configuration that cannot be run
  DataError          a data file that is missing, damaged or not what it claims to be
  MeasureError       a representation that cannot be scored
  RecordError        a checkpoint or record that cannot be read
"""


class TrainerError(Exception):
    """Base of every error a user of `trainers` should see as one line."""


class ConfigError(TrainerError):
    """A training configuration that cannot be run."""


class DataError(TrainerError):
    """A data file that is missing, damaged or not what it claims to be."""


class MeasureError(TrainerError):
    """A representation that cannot be scored."""


class RecordError(TrainerError):
    """A checkpoint or record that cannot be read."""
