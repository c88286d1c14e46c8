"""Registers selected runs: their weights as MLflow artifacts, their encoders as models."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sweeper.analysis.study import Study
from sweeper.errors import ResultsError
from sweeper.weights.find import find_weights, logged_weights


@dataclass(frozen=True)
class RegisteredModels:
    """models: {registered name: version}.  missing: one line for each run without weights."""

    models: dict[str, int]
    missing: tuple[str, ...]


def register_selected(
    study: Study, rows: Iterable[Mapping[str, Any]], *, grid: str | None, store: str
) -> RegisteredModels:
    """Stores the weights of every selected run in MLflow and registers the first seed's encoder.

    rows: of `selection.select`.  Raises TrackingError."""
    from sweeper.tracking.writing.model_registry import keep_weights, register

    models: dict[str, int] = {}
    missing: list[str] = []
    for row in rows:
        name = model_name(grid, row)
        for run_id in row["run_ids"].split(","):
            run = study.stored[run_id]
            try:
                logged = logged_weights(study.uri, run)
                weights = logged or find_weights(study.uri, run, store)
            except ResultsError as error:
                missing.append(str(error))
                continue
            files = weights.files()
            if logged is None:
                keep_weights(study.uri, run, files)
            if name not in models:
                models[name] = register(study.uri, name, run, files, weights.about)
    return RegisteredModels(models, tuple(missing))


def model_name(grid: str | None, row: Mapping[str, Any]) -> str:
    """'sweeper-table7_1-dsprites-l_vae'; that of a stand-in or a rehearsal says so."""
    marks = [mark for mark in ("rehearsal", "synthetic") if mark in row["population"]]
    return "-".join(["sweeper", *([grid] if grid else []), row["dataset"], *marks, row["label"]])


def kept_json(
    rows: Iterable[Mapping[str, Any]], kept: RegisteredModels, grid: str | None
) -> list[Any]:
    """The rows, each with the model registered from it: {'name', 'version'} or None."""
    found = []
    for row in rows:
        name = model_name(grid, row)
        model = {"name": name, "version": kept.models[name]} if name in kept.models else None
        found.append({**row, "registered": model})
    return found
