"""How a launch ended."""

from dataclasses import dataclass, field, replace

from sweeper.planning.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """How a launch ended. plan: as it stood at the start.  failed, diverged: {run id: reason}.

    unpublished: records that MLflow has not got yet; the next launch publishes them.
    left: runs that were asked for and are not done.  notes: what else is to be told.
    lost: why the cluster cannot be used any more, if it cannot."""

    plan: Plan
    num_left: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    diverged: dict[str, str] = field(default_factory=dict)
    unpublished: int = 0
    interrupted: int = 0
    notes: tuple[str, ...] = ()
    cluster_error: str = ""

    def followed_by(self, later: "Outcome") -> "Outcome":
        """This outcome and that of the next round of the same launch."""
        return replace(
            later, failed=self.failed | later.failed, diverged=self.diverged | later.diverged
        )

    @property
    def exit_code(self) -> int:
        """0: every run is done; 1: one failed, diverged or is missing; 130, 143: interrupted."""
        if self.interrupted:
            return self.interrupted
        return 1 if self.failed or self.diverged or self.unpublished or self.num_left else 0
