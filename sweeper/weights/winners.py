"""Weights of winners only (`keep_weights: winners`): which go, and which a grid lacks.

A run is claimed by each grid that asks for it, in the newest of its launches that do. Its weights
go when no claim needs them: those of a grid that runs, that has not finished the dataset and model,
or that keeps the weights of all its trainings, and those of a grid that selected the run."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from sweeper.analysis.population import population_of_cells
from sweeper.analysis.rule import SELECTED, WINNERS, GridText, read_grid_text
from sweeper.analysis.selected import groups
from sweeper.analysis.selection import best_configuration
from sweeper.analysis.study import Study, read_study
from sweeper.errors import SweeperError
from sweeper.messages import counted
from sweeper.store.clean import has_weights, weight_files
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.reading.reader import Launch, launch_order
from sweeper.tracking.writing.claim import is_running
from sweeper.weights.find import logged_weights

_SETTLED = (layout.FINISHED, layout.DIVERGED)


@dataclass(frozen=True)
class _Claim:
    """What a launch keeps of the runs that it asked for, once it has ended."""

    study: Study
    launch: Launch

    @cached_property
    def text(self) -> GridText:
        return read_grid_text(self.launch.grid_text)

    @cached_property
    def kept(self) -> frozenset[str]:
        """The runs whose weights it keeps; of winners only, as far as they are known."""
        if self.text.keep_weights == WINNERS:
            return self._winners[0]
        asked = self.launch.cells if self.text.keep_weights != "none" else ()
        return frozenset(cell["run_id"] for cell in asked)

    @cached_property
    def undecided(self) -> frozenset[str]:
        """The runs among which it has to select: one of their dataset and model is missing or
        failed, or none can be selected."""
        return self._winners[1] if self.text.keep_weights == WINNERS else frozenset()

    @cached_property
    def _winners(self) -> tuple[frozenset[str], frozenset[str]]:
        launch, found = self.launch, (set[str](), set[str]())
        population = population_of_cells(
            self.study, launch.grid, launch.cells, self.text, synthetic=True
        )
        for cells in groups(population):
            is_settled = all(cell["status"] in _SETTLED for cell in cells)
            winner = best_configuration(cells, self.text.rule) if is_settled else None
            found[winner is None].update(
                run["run_id"] for run in (winner.runs if winner else cells)
            )
        return frozenset(found[0]), frozenset(found[1])


@dataclass(frozen=True)
class _Claimed:
    """A run that launches asked for. claims: the newest of each grid, by its name.  had_winners:
    whether an older one kept the weights of winners only."""

    training_id: str
    iterations: int
    claims: dict[str, _Claim]
    had_winners: bool


def keeps_winners_only(study: Study) -> bool:
    """Whether a launched grid does."""
    return any(_Claim(study, launch).text.keep_weights == WINNERS for launch in study.launches)


def settle_weights(uri: str, store: str, grids: Collection[str]) -> list[str]:
    """Removes the weights that these grids' selections left over, and says which of those that
    the grids keep are gone. The caller holds the lock of the store; the grids' launches ended."""
    try:
        study = read_study(uri)
        count = 0
        for training, iterations in unneeded_weights(study, store, grids).items():
            folder = open_folder(store, training)
            for name in weight_files(folder, iterations):
                folder.delete(name)
                count += 1
        lines = [f"weights of runs that were not selected: {counted(count, 'file')} removed."]
        return [*(lines if count else []), *_lost_line(study, store, grids)]
    except (SweeperError, OSError) as error:
        return [f"weights of runs that were not selected stay: {error}; sweeper clean removes them"]


def unneeded_weights(
    study: Study, store: str, grids: Collection[str] | None = None
) -> dict[str, frozenset[int]]:
    """{training id: iterations whose weights no grid keeps}. grids: only of runs that these ask
    for; None: of all.  store: the sweep store, whose lock the caller holds."""
    running = {
        launch.stored.mlflow_run_id for launch in study.launches if is_running(launch, store)
    }
    asked_by = {row["run_id"]: layout.split_list(row["grids"]) for row in study.rows}
    found: dict[str, set[int]] = {}
    for run_id, claimed in _claimed(study).items():
        claims = claimed.claims.values()
        may_go = (
            (grids is None or not claimed.claims.keys().isdisjoint(grids))
            and any(claim.text.keep_weights == WINNERS for claim in claims)
            and claimed.claims.keys() >= set(asked_by.get(run_id, ()))  # every launch is known
            and not any(claim.launch.stored.mlflow_run_id in running for claim in claims)
            and not any(run_id in claim.kept | claim.undecided for claim in claims)
        )
        if may_go:
            found.setdefault(claimed.training_id, set()).add(claimed.iterations)
    return {training: frozenset(iterations) for training, iterations in found.items()}


def _claimed(study: Study) -> dict[str, _Claimed]:
    found: dict[str, _Claimed] = {}
    for launch in sorted(study.launches, key=launch_order):
        claim = _Claim(study, launch)
        for cell in launch.cells:
            known = found.get(cell["run_id"], _Claimed("", 0, {}, False))
            found[cell["run_id"]] = _Claimed(
                cell["training_id"],
                cell["iterations"],
                {**known.claims, launch.grid: claim},
                known.had_winners or claim.text.keep_weights == WINNERS,
            )
    return found


def _lost_line(study: Study, store: str, grids: Collection[str]) -> Iterator[str]:
    """One line for the runs whose weights one of these grids keeps, and that have none because a
    grid, or an earlier version of it, kept those of winners only."""
    lost = sorted(
        run_id
        for run_id, claimed in _claimed(study).items()
        if claimed.had_winners and _is_lost(study, store, grids, run_id, claimed)
    )
    if lost:
        yield (
            f"the weights of {counted(len(lost), 'run')} that {', '.join(sorted(grids))} keeps are "
            f"gone, since they were not selected before: {', '.join(lost[:3])}"
            f"{', ..' if lost[3:] else ''}. To have them: delete the runs in MLflow and their "
            "trainings' folders in the store, and launch the grid again"
        )


def _is_lost(
    study: Study, store: str, grids: Collection[str], run_id: str, claimed: _Claimed
) -> bool:
    keeping = [
        claim for name, claim in claimed.claims.items() if name in grids and run_id in claim.kept
    ]
    stored = study.stored.get(run_id)
    if not keeping or stored is None or stored.tags.get(layout.STATUS) != layout.FINISHED:
        return False
    is_one_enough = all(claim.text.keep_weights == SELECTED for claim in keeping)
    folder = open_folder(store, claimed.training_id)
    if has_weights(folder, None if is_one_enough else claimed.iterations):
        return False
    return logged_weights(study.uri, stored) is None
