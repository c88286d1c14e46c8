"""What the shell completes: grids, tables, figures, measures, models and datasets.

Each function takes what was typed and returns the words that begin with it. None loads torch."""

from collections.abc import Iterable
from pathlib import Path

from sweeper.cli.start.found_files import local_grids, shipped_files


def grid_files(incomplete: str) -> list[str]:
    """Grid files in this folder and in grids/."""
    found = [str(path) for path in local_grids(Path())]
    return _beginning(found, incomplete)


def shipped_names(incomplete: str) -> list[str]:
    return _beginning((path.name for path in shipped_files()), incomplete)


def table_names(incomplete: str) -> list[str]:
    """The thesis's tables, and the grids of this folder."""
    from sweeper.tables import TABLES

    return _beginning([*TABLES, *(path.stem for path in local_grids(Path()))], incomplete)


def figure_names(incomplete: str) -> list[str]:
    from sweeper.figures import FIGURES

    return _beginning([*FIGURES, "6.2"], incomplete)


def measure_names(incomplete: str) -> list[str]:
    """Names of measures; after a comma, the next name."""
    from trainers.specs.measures import MEASURES

    typed, comma, last = incomplete.rpartition(",")
    return [typed + comma + name for name in _beginning(MEASURES, last)]


def model_names(incomplete: str) -> list[str]:
    """Names of models; after a comma, the next name."""
    from trainers.specs.models import MODELS

    typed, comma, last = incomplete.rpartition(",")
    return [typed + comma + name for name in _beginning(MODELS, last)]


def dataset_names(incomplete: str) -> list[str]:
    from trainers.specs.datasets import DATASETS

    return _beginning(DATASETS, incomplete)


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
