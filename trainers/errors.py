"""Errors whose messages are written for users.

TrainerError
  ConfigError        a training configuration that cannot be run
  DataError          a data file that is missing, damaged or not of the expected content
  MeasureError       a representation that cannot be scored
  RecordError        a checkpoint or record that cannot be read
  OwnCodeError       a user's own file or package that cannot be used
"""


class TrainerError(Exception):
    """Base of all errors that a command prints as one line, without a traceback."""


class ConfigError(TrainerError):
    """A training configuration that cannot be run."""


class DataError(TrainerError):
    """A data file that is missing, damaged or not of the expected content."""


class MeasureError(TrainerError):
    """A representation that cannot be scored."""


class UndefinedScoreError(MeasureError):
    """A representation that can be scored, for which some measures have no finite value.

    measures: those."""

    def __init__(self, message: str, measures: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.measures = measures


class RecordError(TrainerError):
    """A checkpoint or record that cannot be read."""


class OwnCodeError(TrainerError):
    """A user's own file or package that cannot be used."""
