"""The thesis's tables as printed, oddities included; kept with the package."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Published:
    """A row as printed. An empty dataset in Table 5.2, which names none; None where illegible."""

    dataset: str
    model: str
    beta: float | None
    values: dict[str, float | None]


@cache
def published(name: str) -> tuple[Published, ...]:
    """The rows of a table, such as '7.1', in printed order."""
    path = files("sweeper.tables") / "thesis_tables" / f"table_{name.replace('.', '_')}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_row(row) for row in csv.DictReader(lines))


def _row(row: dict[str, str]) -> Published:
    dataset, model, beta = row.pop("dataset", ""), row.pop("model"), row.pop("beta", "")
    values = {name: float(text) if text else None for name, text in row.items()}
    return Published(dataset, model, float(beta) if beta else None, values)
