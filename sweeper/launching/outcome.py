"""How a launch ended."""

from collections import Counter
from dataclasses import dataclass, field, replace

from sweeper.analysis.study import Study
from sweeper.messages import counted
from sweeper.planning.plan import Plan
from sweeper.planning.remaining import KnownRuns
from sweeper.publishing.run_publisher import RunStates
from sweeper.tracking import layout


@dataclass(frozen=True)
class Outcome:
    """How a launch ended. plan: of a grid as it was at the start.

    num_done: runs whose record exists.  num_left: runs asked for that neither are done nor failed
    or diverged.  failed, diverged: {run id: reason}, known from earlier launches or new.
    unpublished: records that MLflow has not got; the next launch publishes them.
    publishing_error: why.  interrupted: the exit code of a signal, or 0.  notes: further lines.
    engine_error: why the engine could not be used any more.  stop_reason: why the launch ended
    before its trainings did, other than by a signal.  accepts_diverged: whether diverged
    runs count as results, as in a search that succeeded.
    study: what MLflow holds at the end; None where it cannot be read, see study_error."""

    plan: Plan
    num_done: int = 0
    num_left: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    diverged: dict[str, str] = field(default_factory=dict)
    unpublished: int = 0
    publishing_error: str = ""
    interrupted: int = 0
    notes: tuple[str, ...] = ()
    engine_error: str = ""
    stop_reason: str = ""
    accepts_diverged: bool = False
    study: Study | None = field(default=None, repr=False, compare=False)
    study_error: str = ""

    def followed_by(self, later: "Outcome") -> "Outcome":
        """This outcome and that of the next round of the same launch."""
        return replace(
            later, failed=self.failed | later.failed, diverged=self.diverged | later.diverged
        )

    @property
    def may_continue(self) -> bool:
        """Whether more can be trained: not after a signal, an early end, or an outage."""
        return not (self.interrupted or self.unpublished or self.engine_error or self.stop_reason)

    @property
    def exit_code(self) -> int:
        """0: every run is done; 1: one failed, diverged or is missing; 129, 130, 143: a signal."""
        if self.interrupted:
            return self.interrupted
        diverged = self.diverged and not self.accepts_diverged
        return 1 if self.failed or diverged or self.unpublished or self.num_left else 0

    @property
    def mlflow_state(self) -> str:
        """Of the parent run."""
        return "KILLED" if self.interrupted else "FAILED" if self.exit_code else "FINISHED"


def outcome_of(plan: Plan, known: KnownRuns, states: RunStates) -> Outcome:
    """The outcome by what became of each run of the plan."""
    asked = set(plan.run_ids)
    finished = {run for run, status in known.statuses.items() if status == layout.FINISHED}
    known_diverged = {
        run: known.reasons.get(run, "")
        for run, status in known.statuses.items()
        if status == layout.DIVERGED and run in asked - states.recorded
    }
    failed = {run: reason for run, reason in states.failed.items() if run in asked}
    diverged = known_diverged | {r: why for r, why in states.diverged.items() if r in asked}
    done = asked & (finished | states.recorded) - {*failed, *diverged}
    notes = tuple(
        f"without a picture, {why}: {counted(count, 'run')}; correct that, then launch again"
        for why, count in Counter(states.no_picture.values()).items()
    )
    return Outcome(
        plan=plan,
        notes=notes,
        num_done=len(done),
        num_left=len(asked - done - {*failed, *diverged}),
        failed=failed,
        diverged=diverged,
    )
