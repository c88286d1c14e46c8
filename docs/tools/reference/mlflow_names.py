"""The page of MLflow names: tags, parameters, metrics and artifacts, from tracking/layout.py."""

import inspect
import re

from docs.tools.reference.markdown import escape, table
from sweeper.tracking import layout
from trainers.specs.measures import MEASURES


def names() -> dict[str, list[tuple[str, str]]]:
    """{section: (value, meaning)} of the constants, under the comments above them."""
    found: dict[str, list[tuple[str, str]]] = {}
    section = "places"
    source = inspect.getsource(layout).partition("\ndef ")[0]
    for line in source.splitlines():
        if line.startswith("# "):
            section = line.removeprefix("# ").replace("STATUS", "sweeper.status")
        elif match := re.match(r'([A-Z_]+) = "([^"]+)"(?:  # (.*))?$', line):
            found.setdefault(section, []).append((match[2], match[3] or _words(match[1])))
    return found


def _words(constant: str) -> str:
    return constant.lower().replace("_", " ")


def mlflow_page() -> str:
    sections = [
        f"## {title[0].upper()}{title[1:]}\n\n"
        + table(("name", "meaning"), [(f"`{value}`", escape(what)) for value, what in rows])
        for title, rows in names().items()
    ]
    measures = [(f"`{layout.measure_key(name)}`", spec.title) for name, spec in MEASURES.items()]
    parameters = ", ".join(f"`{name}`" for name in layout.COMMON_PARAMS)
    return "\n\n".join(
        [
            "# MLflow names",
            "Each run of a grid is one MLflow run (kind `run`), a child of the run of its launch "
            "(kind `launch`). Parameters other than those below belong to the model.",
            *sections,
            "## Parameters of every run",
            f"{parameters}.",
            "## Measures",
            "The key holds the measure's revision: scores by an older definition have another key.",
            table(("metric", "measure"), measures),
        ]
    )
