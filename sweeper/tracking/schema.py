"""The schema of MLflow's databases: the revision of one, and those of the installed MLflow.

A database is checked before mlflow is loaded: MLflow's own store class would migrate a database of
an older version without asking."""

import ast
import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials


def check_revision(uri: str, found: str) -> None:
    """Refuse a database whose schema is not that of the installed MLflow."""
    known, head = schema_revisions()
    if found == head:
        return
    shown = mask_credentials(uri)
    installed = f"MLflow {importlib.metadata.version('mlflow')}, schema {head}"
    if found in known:
        raise TrackingError(
            f"{shown} was made by an older MLflow (schema {found}); installed: {installed}. "
            f"Back the database up, then: mlflow db upgrade {shown}"
        )
    raise TrackingError(
        f"{shown} was made by a newer MLflow (schema {found}); installed: {installed}. "
        "Install the version that made it: pip install --upgrade mlflow"
    )


@cache
def schema_revisions() -> tuple[frozenset[str], str]:
    """(every schema revision of the installed MLflow, the newest one), from its scripts.

    The scripts are parsed, not imported: that would load all of mlflow."""
    spec = importlib.util.find_spec("mlflow")
    if spec is None or spec.origin is None:
        raise TrackingError("mlflow is not installed: pip install mlflow")
    revisions: set[str] = set()
    parents: set[str | None] = set()
    for script in (Path(spec.origin).parent / "store/db_migrations/versions").glob("*.py"):
        for node in ast.parse(script.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name == "revision":
                    revisions.add(ast.literal_eval(node.value))
                elif name == "down_revision":
                    value = ast.literal_eval(node.value)
                    parents.update(value if isinstance(value, tuple) else (value,))
    (head,) = revisions - parents
    return frozenset(revisions), head
