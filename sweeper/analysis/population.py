"""Which runs a table, figure or selection is made from: exactly those that a grid asks for.

A cell is a run under the name of a model as a grid asks for it: a `vae` that one grid calls
`beta_vae` with beta 1 is a cell of both. Runs are taken by run id, and nothing else in the store
counts. What was rehearsed (`--scale`, `--points`) or drawn by a stand-in is another population,
which has to be asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sweeper.analysis.rule import GridText, SelectionRule, read_grid_text
from sweeper.analysis.scores import score
from sweeper.analysis.study import (
    SCORES,
    SETTINGS,
    RunRow,
    Study,
    dataset_with_factors,
    launched_text,
    outdated_scores,
    read_study,
)
from sweeper.analysis.udr.columns import with_seed_score
from sweeper.errors import ResultsError, UsageError
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import Launch, launch_order

if TYPE_CHECKING:
    import pandas as pd

MISSING = "missing"
REHEARSAL, SYNTHETIC, REAL = "rehearsal", "synthetic", "real"

Cells = Iterable[Mapping[str, Any]]  # as plan.json holds them


@dataclass(frozen=True)
class Population:
    """The runs that one grid asks for. study: the whole store, for artifacts.

    cells: the wide columns of each run, `label`, and a status that may be 'missing'.
    text: what the grid says of selection and report.  is_rehearsal: not at full length, or scored
    on fewer points.  notes: how many stored runs were left out, and why."""

    grid: str
    study: Study
    cells: tuple[RunRow, ...]
    text: GridText = GridText()
    is_rehearsal: bool = False
    notes: tuple[str, ...] = ()

    @property
    def rule(self) -> SelectionRule:
        """How a run is chosen to stand for its dataset and model."""
        return self.text.rule

    @property
    def columns(self) -> list[str]:
        """The names that a score or parameter can have."""
        return list(self.study.runs.columns)

    @property
    def rows(self) -> list[RunRow]:
        """Each run once, missing ones among them."""
        return list({cell["run_id"]: cell for cell in self.cells}.values())

    @property
    def finished(self) -> list[RunRow]:
        """Each finished run once."""
        return [row for row in self.rows if row["status"] == layout.FINISHED]

    def where(self, **values: Any) -> list[RunRow]:
        """The cells that have these values: where(dataset='mpi3d', label='vae')."""
        return [c for c in self.cells if all(c[name] == value for name, value in values.items())]

    def scored_by(self, *names: str | None) -> "Population":
        """This population with those scores, of the names given, that compare seeds."""
        kinds = [name for name in names if name and score(name).needs_seeds]
        kinds = [name for name in kinds if not any(score(name).column in c for c in self.cells)]
        found = self
        for name in kinds:
            cells, notes = with_seed_score(self.study, found.cells, score(name))
            found = replace(found, cells=cells, notes=(*found.notes, *notes))
        return found

    def mark(self, runs: Iterable[RunRow]) -> str:
        """'', 'rehearsal', 'synthetic' or both: what a reader of these runs has to know."""
        marks = [REHEARSAL] if self.is_rehearsal else []
        marks += [SYNTHETIC] if any(run["synthetic"] for run in runs) else []
        return ", ".join(marks)


Source = Population | Study | str | None


def launched(
    study: Study, grid: str, *, rehearsal: bool | None = False, synthetic: bool | None = False
) -> Population:
    """What the newest launch of a grid asked for.

    rehearsal, synthetic: whether to take such runs in place of real ones; None takes whatever that
    launch was, and is for that launch itself. Raises ResultsError for a grid never launched, or
    only in another way."""
    launches = [launch for launch in study.launches if launch.grid == grid]
    if not launches:
        raise ResultsError(f"no grid {grid!r} was launched. {launched_text(study)}")
    kinds = {id(launch): is_rehearsal(launch) for launch in launches}
    fitting = [launch for launch in launches if rehearsal in (None, kinds[id(launch)])]
    if not fitting:
        way = "has no rehearsal" if rehearsal else "was only rehearsed; --rehearsal shows that"
        raise ResultsError(f"grid {grid!r} {way}.")
    newest = max(fitting, key=launch_order)
    text = read_grid_text(newest.grid_text)
    shown = [cell for cell in newest.cells if _is_shown(cell, text, synthetic)]
    if not shown:
        raise ResultsError(f"grid {grid!r} ran on stand-ins only; --synthetic shows that.")
    return population_of_cells(
        study,
        grid,
        shown,
        text,
        synthetic=synthetic is not False,
        rehearsal=kinds[id(newest)],
    )


def population_of_cells(
    study: Study,
    grid: str,
    cells: Cells,
    text: GridText,
    *,
    synthetic: bool = False,
    rehearsal: bool = False,
) -> Population:
    """The population of these cells. synthetic: whether stand-ins are among what is shown."""
    runs = {row["run_id"]: row for row in study.rows}
    found: dict[tuple[str, str], RunRow] = {}
    for cell in cells:
        row = runs.get(cell["run_id"]) or _missing(cell, study)
        found.setdefault((cell["label"], cell["run_id"]), {**row, "label": cell["label"]})
    kept = tuple(found.values())
    ids = {row["run_id"] for row in kept}
    notes = (
        *study.notes,
        *outdated_scores(kept),
        *_left_out(study, grid, ids, synthetic, rehearsal),
    )
    return Population(grid, study, kept, text, rehearsal, notes).scored_by(text.rule.by.name)


def only_grid(study: Study) -> str:
    """The grid to take where none is named. Raises UsageError where there are several."""
    names = sorted({launch.grid for launch in study.launches})
    if len(names) == 1:
        return names[0]
    raise UsageError(f"name a grid. {launched_text(study)}")


def population_from(source: Source, grid: str | None = None) -> Population:
    """A population as it is; of a study or a tracking URI, that of a launched grid."""
    if isinstance(source, Population):
        return source
    study = source if isinstance(source, Study) else read_study(source)
    return launched(study, grid or only_grid(study))


def newest_launches(launches: Iterable[Launch]) -> dict[str, Launch]:
    """Of each grid name the launch that ended last; one that still runs is the newest."""
    newest: dict[str, Launch] = {}
    for launch in sorted(launches, key=launch_order):
        newest[launch.grid] = launch
    return {name: newest[name] for name in sorted(newest)}


def is_rehearsal(launch: Launch) -> bool:
    """Whether a launch trained for other iterations than its grid says, or scored fewer points."""
    text = read_grid_text(launch.grid_text)
    iterations = {cell["iterations"] for cell in launch.cells}
    points = {_points(cell) for cell in launch.cells} - {None}
    other_length = bool(text.iterations) and not iterations <= text.iterations
    return other_length or (text.num_points is not None and bool(points - {text.num_points}))


def orphan_ids(launches: Iterable[Launch], grid: str, asked: Iterable[str]) -> set[str]:
    """The ids of runs that earlier full-length launches of a grid asked for, stored or not, and it
    no longer does."""
    earlier = {
        cell["run_id"]
        for launch in launches
        if launch.grid == grid and not is_rehearsal(launch)
        for cell in launch.cells
        if cell.get("source") != SYNTHETIC
    }
    return earlier - set(asked)


def results(
    store: str | None = None, *, experiment: str | None = None, grid: str | None = None
) -> "pd.DataFrame":
    """The tidy form: one row for each run and score; `grid` keeps the runs that its newest launch
    asked for."""
    study = read_study(store, experiment=experiment)
    frame = study.runs
    if grid is not None:
        cells = launched(study, grid, rehearsal=None, synthetic=None).cells
        frame = frame[frame.run_id.isin({cell["run_id"] for cell in cells})]
    scores = [name for name in frame if name.startswith(SCORES)]
    keys = ["run_id", "training_id", "status", "synthetic", *SETTINGS]
    keys += [name for name in frame if name.startswith("param/")]
    tidy = frame.melt(keys, scores, var_name="measure").dropna(subset="value")
    tidy["measure"] = tidy["measure"].str.removeprefix(layout.MEASURE_PREFIX)
    return tidy.sort_values(["run_id", "measure"], ignore_index=True)


def beta_of(row: RunRow) -> float | None:
    """The beta that a cell asks for: its parameter; 1 for a beta_vae that is stored as vae.

    None for another model, and for a cell whose beta another grid has yet to learn."""
    if row["label"] != "beta_vae":
        return None
    beta = 1.0 if row["model"] == "vae" else row["param/beta"]
    return None if isinstance(beta, str) else float(beta)


def _is_shown(cell: Mapping[str, Any], text: GridText, synthetic: bool | None) -> bool:
    """A grid that names a stand-in as its source has asked for it."""
    is_stand_in = cell.get("source") == SYNTHETIC and cell["dataset"] not in text.synthetic
    return not is_stand_in or synthetic is not False


def _points(cell: Mapping[str, Any]) -> Any:
    return {**cell.get("evaluation", {}), **cell}.get("num_points")


def _missing(cell: Mapping[str, Any], study: Study) -> dict[str, Any]:
    """A row without scores; NaN in every column that other runs have."""
    plan = {**cell.get("evaluation", {}), **cell}
    row: dict[str, Any] = dict.fromkeys(study.runs.columns, float("nan"))
    row |= {name: plan.get(name, "" if name in layout.TEXT_PARAMS else None) for name in SETTINGS}
    row["dataset"] = dataset_with_factors(row["dataset"], cell.get("factors", {}))
    row |= {f"param/{name}": value for name, value in cell.get("params", {}).items()}
    ids = {"run_id": cell["run_id"], "training_id": cell.get("training_id", "")}
    stand_in = cell.get("source") == SYNTHETIC
    return {**row, **ids, "status": MISSING, "reason": "", "synthetic": stand_in, "grids": ""}


def _left_out(
    study: Study, grid: str, asked: set[str], synthetic: bool, rehearsal: bool
) -> list[str]:
    """One line: how many stored runs are not in the population, and why. [] for none."""
    asked_by: dict[str, set[str]] = {}
    rehearsed: set[str] = set()
    full: set[str] = set()
    for launch in study.launches:
        ids = {cell["run_id"] for cell in launch.cells}
        (rehearsed if is_rehearsal(launch) else full).update(ids)
        for run_id in ids:
            asked_by.setdefault(run_id, set()).add(launch.grid)
    reasons: Counter[str] = Counter()
    others: set[str] = set()
    for row in study.rows:
        run_id = row["run_id"]
        if run_id in asked:
            continue
        grids = asked_by.get(run_id) or set(layout.split_list(row["grids"]))
        if row["synthetic"] and not synthetic:
            reasons["drawn by a stand-in (--synthetic)"] += 1
        elif run_id in rehearsed - full:
            reasons["of a rehearsal (--rehearsal)"] += 1
        elif grid in grids and rehearsal:
            reasons["not of the rehearsal"] += 1
        elif grid in grids:
            reasons[f"that {grid} does not ask for now"] += 1
        else:
            others |= grids
            reasons["of other grids"] += 1
    if not reasons:
        return []
    names = f" ({', '.join(sorted(others))})" if others else ""
    parts = [f"{n} {why}{names if why == 'of other grids' else ''}" for why, n in reasons.items()]
    total = sum(reasons.values())
    return [f"{total} stored {'run' if total == 1 else 'runs'} left out: {', '.join(parts)}."]
