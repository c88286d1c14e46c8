"""`launch --retry`: what diverged or failed is trained again, from its first step."""

from collections.abc import Iterable
from dataclasses import replace

from sweeper.errors import UsageError
from sweeper.messages import quoted
from sweeper.planning.plan import Plan, Training
from sweeper.planning.remaining import KnownRuns, stored_progress
from sweeper.planning.settings import Settings
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from trainers.saving.folders import files_by_number
from trainers.saving.records import find_records

RETRIES = {
    "": (),
    "diverged": (layout.DIVERGED,),
    "failed": (layout.FAILED,),
    "all": (layout.DIVERGED, layout.FAILED),
}


def check_retry(retry: str) -> None:
    """Raises UsageError for a word that is none of RETRIES."""
    if retry not in RETRIES:
        known = ", ".join(filter(None, RETRIES))
        raise UsageError(f"--retry {quoted(retry)}: is unknown. Known: {known}.")


def with_retries(plan: Plan, known: KnownRuns, settings: Settings) -> tuple[Plan, KnownRuns]:
    """The plan in which the runs that `settings.retry` names are to be trained again, and the
    known runs without them. Removes from the store what would end them the same way again."""
    statuses = RETRIES[settings.retry]
    if not statuses:
        return plan, known
    for training in plan.trainings:
        if not training.unresolved:
            _remove_end(training, known, settings.store, statuses)
    asked = set(plan.run_ids)
    kept = {
        run: status
        for run, status in known.statuses.items()
        if run not in asked or status not in statuses
    }
    ids = (training.training_id for training in plan.trainings if not training.unresolved)
    progress = stored_progress(settings.store, ids)
    return plan.with_progress(kept, progress), replace(known, statuses=kept)


def _remove_end(training: Training, known: KnownRuns, store: str, statuses: Iterable[str]) -> None:
    """Removes the mark of a divergence and failed records. The checkpoints go with them: they lead
    to the same end."""
    folder = open_folder(store, training.training_id)
    found = find_records(folder)
    ends = list(found.diverged.values()) if layout.DIVERGED in statuses else []
    if layout.FAILED in statuses:
        ends += [
            record
            for iteration, record in found.milestones.items()
            if iteration in training.config.milestones
            and known.statuses.get(training.run_id_at(iteration)) == layout.FAILED
        ]
    if ends:
        for name in (*files_by_number(folder, "checkpoint").values(), *ends):
            folder.delete(name)
