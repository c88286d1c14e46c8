"""What a store holds: `Study.runs` is a frame with one row for each run.

Columns of the wide form: run_id, training_id, status (finished, diverged, failed, unfinished),
reason, synthetic, fingerprint, code_version, grids; the run's settings (dataset, source, model,
batch_size, ...); `param/<name>` the model's parameters; `measure/<name>`, `valid/<loss>` and
`test/...` the scores (`measure/<name>.r0`: by revision 0 of a measure that has a later one) and
`latent/active` the number of active latents; `last/<trajectory>` each training curve at its last
step."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweeper.errors import ResultsError, UsageError
from sweeper.messages import counted, mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.reading import artifacts, reader
from sweeper.tracking.reading.artifacts import Latents
from sweeper.tracking.reading.declared import declared_params, is_declared_score
from sweeper.tracking.reading.stored_run import StoredRun, restore_infinity
from trainers.factor_splits import factor_split
from trainers.specs.measures import MEASURES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

UNFINISHED = "unfinished"
SETTINGS = (
    *("dataset", "source", "model", "batch_size", "learning_rate", "iterations", "seed"),
    *("latent_dim", "network", "reconstruction", "precision", "protocol", "num_points"),
)
SCORES = (layout.MEASURE_PREFIX, layout.VALID_PREFIX, layout.TEST_PREFIX)

RunRow = Mapping[str, Any]  # a run's row of the wide form


@dataclass(frozen=True)
class Study:
    """A store's runs (wide form) and launches; latents and trajectories on demand."""

    uri: str
    runs: "pd.DataFrame"
    launches: tuple[reader.Launch, ...]
    notes: tuple[str, ...]
    stored: dict[str, StoredRun]

    @cached_property
    def rows(self) -> tuple[RunRow, ...]:
        """The rows of `runs` as mappings."""
        return tuple(self.runs.to_dict("records"))

    @cached_property
    def seed_scores(self) -> dict[tuple[str, ...], dict[str, float] | str]:
        """Scores that compare seeds, as far as they were computed: `sweeper.analysis.udr`."""
        return {}

    @property
    def place(self) -> str:
        """The store's URI for messages, without credentials."""
        return mask_credentials(self.uri)

    def latents(self, run_id: str) -> Latents:
        """The representation of the evaluation points. Raises TrackingError where none is kept."""
        return artifacts.read_latents(self.uri, self.stored[run_id])

    def trajectory(self, run_id: str) -> dict[str, "np.ndarray"]:
        """'iteration' and every training curve, each (T,). Raises TrackingError."""
        return artifacts.read_trajectory(self.uri, self.stored[run_id])

    def siblings(self, run_id: str) -> "pd.DataFrame":
        """The finished milestones of a run's training, itself among them, by iteration."""
        training = self.stored[run_id].tags.get(layout.TRAINING_ID)
        same = self.runs[self.runs.training_id == training]
        return same[same.status == layout.FINISHED].sort_values("iterations")


def read_study(store: str | None = None, *, experiment: str | None = None) -> Study:
    """Everything in a store (a tracking URI). Raises TrackingError, ResultsError."""
    return study_of(reader.read_store(store or layout.DEFAULT_URI, experiment=experiment))


def study_of(contents: reader.StoreContents) -> Study:
    """The study of what a store, or a part of one, holds. Raises ResultsError for nothing."""
    import pandas as pd

    if not contents.runs and not contents.launches:
        deleted = f"; deleted: {', '.join(contents.deleted)}" if contents.deleted else ""
        raise ResultsError(
            f"{mask_credentials(contents.uri)} holds no runs of sweeper "
            f"(in active experiments{deleted})"
        )
    rows = [row_of_run(run) for run in contents.runs]
    names = sorted({name for row in rows for name in row if "/" in name})
    frame = pd.DataFrame(rows, columns=[*_row_names(), *names])

    for name in layout.INT_PARAMS:
        if frame[name].isna().any():  # pandas turned the integers into floats
            frame[name] = pd.Series([row.get(name, math.nan) for row in rows], dtype=object)
    texts = list(layout.TEXT_PARAMS)
    frame[texts] = frame[texts].fillna("")
    frame = frame.sort_values([*SETTINGS, "run_id"], ignore_index=True)
    notes = [f"launch {grid} has no {layout.PLAN}: what it asked for is unknown"
             for grid in contents.without_plan]  # fmt: skip
    stored = {run.tags[layout.RUN_ID]: run for run in contents.runs}
    return Study(contents.uri, frame, contents.launches, tuple(notes), stored)


def run_named(study: Study, run: str) -> str:
    """The run id that `run` is the start of, or whose MLflow id it is. Raises UsageError."""
    found = {
        run_id
        for run_id, stored in study.stored.items()
        if run and (run_id.startswith(run) or stored.mlflow_run_id.startswith(run))
    }
    if len(found) == 1:
        return found.pop()
    several = ", ".join(sorted(found)[:5])
    hint = f"several runs begin so: {several}" if found else "sweeper select prints ids of runs"
    raise UsageError(f"no run {run!r} in {study.place}: {hint}")


def launched_text(study: Study) -> str:
    """'Launched: a, b.' for messages."""
    names: Sequence[str] = sorted({launch.grid for launch in study.launches})
    return f"Launched: {', '.join(names) or 'none'}."


def _row_names() -> list[str]:
    ids = ["run_id", "training_id", "status", "reason", "synthetic", "fingerprint", "code_version"]
    return [*ids, "grids", *SETTINGS]


def row_of_run(run: StoredRun) -> dict[str, Any]:
    """A run's columns, without those that only other runs have."""
    tags = run.tags
    row: dict[str, Any] = {
        "run_id": tags[layout.RUN_ID],
        "training_id": tags.get(layout.TRAINING_ID, ""),
        "status": tags[layout.STATUS] if reader.ended(run) else UNFINISHED,
        "reason": tags.get(layout.REASON, ""),
        "synthetic": tags.get(layout.SYNTHETIC) == "true",
        "fingerprint": tags.get(layout.FINGERPRINT, ""),
        "code_version": tags.get(layout.CODE_VERSION, ""),
        "grids": tags.get(layout.GRIDS, ""),
    }
    params = declared_params(run)
    factors = params.pop(layout.FACTORS, "")
    if params.pop(layout.FUSED, ""):  # its numbers are rounded differently
        params["precision"] += ", fused"
    for name, text in params.items():
        row[name if name in layout.COMMON_PARAMS else f"param/{name}"] = _typed(name, text)
    for name, value in run.metrics.items():
        column = layout.score_column(name) if is_declared_score(run, name) else f"last/{name}"
        row[column] = restore_infinity(value)
    if factors:
        row["dataset"] = dataset_with_factors(row["dataset"], json.loads(factors))
    return row


def dataset_with_factors(dataset: str, factors: Mapping[str, Any]) -> str:
    """'dsprites (shape~posX 0.2)': runs that were trained on other images are compared with each
    other only, as those of another dataset."""
    return f"{dataset} ({factor_split(factors).label()})" if factors else dataset


def outdated_scores(rows: Sequence[RunRow]) -> Iterator[str]:
    """A note for each measure of which runs hold only an older revision's score."""
    for name, spec in MEASURES.items():
        column = layout.MEASURE_PREFIX + name
        older = [f"{column}.r{revision}" for revision in range(spec.revision)]
        count = sum(
            _is_missing(row.get(column)) and not all(_is_missing(row.get(old)) for old in older)
            for row in rows
        )
        if count:
            yield (
                f"{counted(count, 'run holds', 'runs hold')} only an older definition's {name}, "
                f"which does not count. `sweeper launch` of the same grid computes {name} from the "
                "stored latents, without training"
            )


def _is_missing(value: Any) -> bool:
    return value is None or math.isnan(value)


def _typed(name: str, text: str) -> Any:
    """A parameter's value from its canonical string."""
    if name in layout.TEXT_PARAMS:
        return text
    if text in ("True", "False"):
        return text == "True"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if name in layout.INT_PARAMS and math.isfinite(number) else number
