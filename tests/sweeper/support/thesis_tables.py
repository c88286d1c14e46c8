"""The thesis's tables in tests: made from one launch, and as printed."""

import csv
from pathlib import Path

import sweeper
from sweeper.tables import table


def launched(name, source, **options):
    """A table of the thesis, made from what the launch of `table7_1` asked for."""
    return table(name, source, grid="table7_1", **options)


def published_rows(name):
    """The rows of the published file of a table, such as '7_1'."""
    path = Path(sweeper.__file__).parent / "tables" / "thesis_tables" / f"table_{name}.csv"
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
