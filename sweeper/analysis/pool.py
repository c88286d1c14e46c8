"""Which runs a table or figure is made of: the cells that launches asked for, and what became of
each.

A cell is a run under the name of a model as a grid asked for it: a `vae` that one grid calls
`beta_vae` with beta 1 is a cell of both. Of several launches of a grid the newest counts, since
what it plans is what is asked for now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweeper.analysis.study import SETTINGS, Study, launched_text
from sweeper.errors import ResultsError
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import Launch, launch_order

if TYPE_CHECKING:
    import pandas as pd

MISSING = "missing"


@dataclass(frozen=True)
class CellPool:
    """Cells: the wide columns of each run, `label`, and a status that may be 'missing'.

    grids: names of the launches considered."""

    cells: "pd.DataFrame"
    grids: tuple[str, ...]
    notes: tuple[str, ...]


def collect_cells(study: Study, grids: Sequence[str] | None = None) -> CellPool:
    """The cells of these grids, or of all and of every run that no launch asked for."""
    import pandas as pd

    launches = newest_launches(study.launches)
    if grids is not None:
        for name in grids:
            if name not in launches:
                raise ResultsError(f"no grid {name!r} was launched. {launched_text(study)}")
        launches = {name: launches[name] for name in grids}
    runs = {row["run_id"]: row for row in study.runs.to_dict("records")}
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for launch in launches.values():
        for cell in launch.cells:
            row = runs.get(cell["run_id"]) or _missing(cell)
            cells.setdefault((cell["label"], cell["run_id"]), {**row, "label": cell["label"]})
    if grids is None:
        asked = {run_id for _, run_id in cells}
        for run_id, row in runs.items():
            if run_id not in asked:
                cells[row["model"], run_id] = {**row, "label": row["model"]}
    columns = [*study.runs.columns, "label"]
    columns += sorted({name for row in cells.values() for name in row} - set(columns))
    frame = pd.DataFrame(list(cells.values()), columns=columns)
    return CellPool(frame, tuple(sorted(launches)), (*study.notes, *_older(study, launches)))


def newest_launches(launches: Iterable[Launch]) -> dict[str, Launch]:
    """Of each grid name the launch that ended last; one that still runs is the newest."""
    newest: dict[str, Launch] = {}
    for launch in sorted(launches, key=launch_order):
        newest[launch.grid] = launch
    return {name: newest[name] for name in sorted(newest)}


def beta_of(row: Mapping[str, Any]) -> float | None:
    """The beta a cell was asked with: its parameter; 1 for a beta_vae that is stored as vae.

    None for another model, and for a cell that waits for a beta another grid has yet to learn."""
    if row["label"] != "beta_vae":
        return None
    beta = 1.0 if row["model"] == "vae" else row["param/beta"]
    return None if isinstance(beta, str) else float(beta)


def _missing(cell: dict[str, Any]) -> dict[str, Any]:
    told = {**cell.get("evaluation", {}), **cell}
    row = {name: told.get(name, "" if name in layout.TEXT_PARAMS else None) for name in SETTINGS}
    row |= {f"param/{name}": value for name, value in cell.get("params", {}).items()}
    ids = {"run_id": cell["run_id"], "training_id": cell.get("training_id", "")}
    synthetic = cell.get("source") == "synthetic"
    return {**row, **ids, "status": MISSING, "reason": "", "synthetic": synthetic, "grids": ""}


def _older(study: Study, launches: dict[str, Launch]) -> list[str]:
    older = [launch.grid for launch in study.launches if launch.grid in launches]
    return [
        f"only the newest launch of {name} counts ({older.count(name) - 1} older)"
        for name in sorted(launches)
        if older.count(name) > 1
    ]
