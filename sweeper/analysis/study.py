"""What a store holds, as frames: `results()` tidy, `Study.runs` a row a run.

Columns of the wide form: run_id, training_id, status (finished, diverged, failed, unfinished),
reason, synthetic, fingerprint, code_version, grids; the run's settings (dataset, source, model,
batch_size, ...); `param/<name>` the model's parameters; `measure/<name>`, `valid/<loss>` and
`test/...` the scores; `last/<trajectory>` each training curve at its last step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sweeper.errors import ResultsError, UsageError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.reading import artifacts, reader
from sweeper.tracking.reading.artifacts import Latents
from sweeper.tracking.reading.stored_run import StoredRun, restore_infinity

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

UNFINISHED = "unfinished"
SETTINGS = (
    *("dataset", "source", "model", "batch_size", "learning_rate", "iterations", "seed"),
    *("latent_dim", "network", "reconstruction", "precision", "protocol", "num_points"),
)
SCORES = (layout.MEASURE_PREFIX, layout.VALID_PREFIX, layout.TEST_PREFIX)


@dataclass(frozen=True)
class Study:
    """A store's runs (wide form) and launches; latents and trajectories on demand."""

    uri: str
    runs: "pd.DataFrame"
    launches: tuple[reader.Launch, ...]
    notes: tuple[str, ...]
    stored: dict[str, StoredRun]

    @property
    def place(self) -> str:
        """The store's URI as it may stand in a message."""
        return mask_credentials(self.uri)

    def for_grid(self, grid: str) -> "Study":
        """What the newest launch of a grid asked for, and that launch alone. ResultsError."""
        newest = [launch for launch in self.launches if launch.grid == grid]
        kept = tuple(sorted(newest, key=reader.launch_order))[-1:]
        if not kept:
            raise ResultsError(f"no grid {grid!r} was launched. {launched_text(self)}")
        asked = {cell["run_id"] for cell in kept[0].cells}
        runs = self.runs[self.runs.run_id.isin(asked)].reset_index(drop=True)
        return replace(self, runs=runs, launches=kept)

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
    import pandas as pd

    contents = reader.read_store(store or layout.DEFAULT_URI, experiment=experiment)
    if not contents.runs and not contents.launches:
        deleted = f"; deleted: {', '.join(contents.deleted)}" if contents.deleted else ""
        raise ResultsError(
            f"{mask_credentials(contents.uri)} holds no runs of sweeper "
            f"(in active experiments{deleted})"
        )
    rows = [_row(run) for run in contents.runs]
    names = sorted({name for row in rows for name in row if "/" in name})
    frame = pd.DataFrame(rows, columns=[*_row_names(), *names])

    texts = list(layout.TEXT_PARAMS)
    frame[texts] = frame[texts].fillna("")
    frame = frame.sort_values([*SETTINGS, "run_id"], ignore_index=True)
    notes = [f"launch {grid} has no {layout.PLAN}: what it asked for is unknown"
             for grid in contents.without_plan]  # fmt: skip
    stored = {run.tags[layout.RUN_ID]: run for run in contents.runs}
    return Study(contents.uri, frame, contents.launches, tuple(notes), stored)


def results(
    store: str | None = None, *, experiment: str | None = None, grid: str | None = None
) -> "pd.DataFrame":
    """The tidy form: one row for each run and score; `grid` keeps the runs a grid asked for."""
    study = read_study(store, experiment=experiment)
    frame = study.runs if grid is None else runs_of_grid(study, grid)
    scores = [name for name in frame if name.startswith(SCORES)]
    keys = ["run_id", "training_id", "status", "synthetic", *SETTINGS]
    keys += [name for name in frame if name.startswith("param/")]
    tidy = frame.melt(keys, scores, var_name="measure").dropna(subset="value")
    tidy["measure"] = tidy["measure"].str.removeprefix(layout.MEASURE_PREFIX)
    return tidy.sort_values(["run_id", "measure"], ignore_index=True)


def runs_of_grid(study: Study, grid: str) -> "pd.DataFrame":
    """The wide rows of the runs a grid asked for. Raises ResultsError for one never launched."""
    tagged = study.runs.grids.map(lambda names: grid in layout.split_list(names))
    planned = {
        c["run_id"] for launch in study.launches if launch.grid == grid for c in launch.cells
    }
    if not planned and not tagged.any():
        raise ResultsError(f"no grid {grid!r} was launched. {launched_text(study)}")
    return study.runs[tagged | study.runs.run_id.isin(planned)].reset_index(drop=True)


def run_named(study: Study, run: str) -> str:
    """The run id that `run` is the start of; or whose MLflow id it is. Raises UsageError."""
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


def _row(run: StoredRun) -> dict[str, Any]:
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
    for name, text in run.params.items():
        row[name if name in layout.COMMON_PARAMS else f"param/{name}"] = _typed(name, text)
    for name, value in run.metrics.items():
        row[name if name.startswith(SCORES) else f"last/{name}"] = restore_infinity(value)
    return row


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
