"""Times each kind of step for a moment, so that the first plan on a machine is right.

The speeds are kept in the user's cache, not in a sweep store: a plan writes no file into the
working folder. They are valid for one machine and one version of the code."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sweeper.cost.calibration import Conditions, calibrate, training_kinds
from sweeper.cost.estimate import ROUGH_SCORE_S
from sweeper.cost.machine import Slots
from sweeper.cost.speeds import Speeds, kind_of, read_speeds, write_speeds
from sweeper.errors import EngineError
from sweeper.messages import counted
from sweeper.planning.plan import Plan
from sweeper.version import code_digest, package_folder
from trainers.config import KeepRule, TrainingConfig
from trainers.files import user_cache

VARIABLE = "SWEEPER_PROBE"  # 0: plans neither time kinds of training nor use kept speeds
SECONDS = 10.0  # at most, for all kinds together
_STEPS_S = 0.8  # for which the steps of one kind are timed
_END_S = 0.5  # to end the processes


def probe(
    plan: Plan,
    slots: Slots,
    known: Speeds,
    data_dir: Path,
    keep_weights: KeepRule | None,
    on_message: Callable[[str], None],
) -> None:
    """Times the kinds of training that the plan has left and that have no known speed.

    known: speeds measured with exactly these resources.  A kind that cannot be timed, for example
    because its dataset is missing, is left out, and the reason is a message."""
    kinds = _kinds(plan, known)
    if not kinds:
        return
    on_message(
        f"timing {counted(len(kinds), 'kind')} of training for at most "
        f"{SECONDS:g} s (not with --no-probe)"
    )
    errors: list[EngineError] = []
    with tempfile.TemporaryDirectory(prefix="sweeper-probe-") as folder:
        given = Conditions(slots, Path(folder), data_dir, keep_weights, _STEPS_S)
        found = calibrate(kinds, given, within=SECONDS - _END_S, on_error=errors.append)
    for error in errors[:1]:
        on_message(f"{counted(len(errors), 'kind')} not timed, for example: {error}")
    if not found and not errors:
        on_message("no kind was timed in this time; the estimate is rough")
    probed = [
        (config, replace(speed, score_s=speed.score_s or ROUGH_SCORE_S, probed=True))
        for config, speed in found
    ]
    try:
        write_speeds(str(cache_folder()), slots, probed)
    except OSError as error:
        on_message(f"the speeds are not kept: {error.filename}: {error.strerror}")


def probed_speeds(slots: Slots, *, exact: bool) -> Speeds:
    """Speeds that plans timed; none where the environment sets SWEEPER_PROBE=0."""
    if os.environ.get(VARIABLE) == "0":
        return Speeds()
    try:
        return read_speeds(str(cache_folder()), slots, exact=exact)
    except OSError:
        return Speeds()


def cache_folder() -> Path:
    """Where the speeds of this version of the code are."""
    return user_cache() / code_digest([package_folder("trainers")])


def _kinds(plan: Plan, known: Speeds) -> list[TrainingConfig]:
    """Of each kind that is left, the smallest and the largest batch, most steps first: other
    batches lie between them."""
    steps: Counter[str] = Counter()
    for training in plan.trainings:
        steps[kind_of(training.config)] += training.steps_to_run
    by_kind: dict[str, list[TrainingConfig]] = {}
    for config in training_kinds(plan):
        by_kind.setdefault(kind_of(config), []).append(config)
    found = []
    for kind in sorted(by_kind, key=lambda kind: -steps[kind]):
        sizes = {config.batch_size: config for config in by_kind[kind]}
        ends = {min(sizes), max(sizes)} - set(known.by_kind.get(kind, ()))
        found += [sizes[size] for size in sorted(ends)]
    return found
