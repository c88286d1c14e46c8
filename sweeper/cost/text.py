"""A plan as lines for the terminal and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sweeper.cost.disk import disk_need
from sweeper.cost.estimate import Cost, ModelCost, estimate
from sweeper.grid import Grid
from sweeper.messages import counted, format_duration
from sweeper.planning.fused import fused_groups
from sweeper.planning.plan import Plan


def plan_json(plan: Plan, grid: Grid, cost: Cost | None = None) -> dict[str, Any]:
    """The numbers of the plan and its estimated cost."""
    cost = cost or estimate(plan, grid)
    disk = asdict(disk_need(plan, grid, cost.slots.at_a_time))
    return {"grid": plan.grid, **plan.summary(), "estimate": cost.to_json(), "disk": disk}


def plan_lines(plan: Plan, grid: Grid, cost: Cost | None = None) -> list[str]:
    """Lines: what is requested, reused and left, and how long that takes."""
    cost = cost or estimate(plan, grid)
    saved = plan.steps_asked - plan.steps_to_run
    lines = [
        f"grid {plan.grid}",
        f"  requested  {counted(plan.runs, 'run')}, {plan.steps_asked:,} steps without sharing",
        f"  trainings  {len(plan.trainings):,}: runs that differ only in iterations share one",
        f"  reused     {counted(plan.reused, 'run is', 'runs are')} already finished",
    ]
    if plan.diverged:
        lines.append(
            f"  diverged   {counted(plan.diverged, 'run')} diverged earlier, not trained again"
        )
    if plan.unresolved:
        waiting = counted(plan.unresolved, "run needs", "runs need")
        lines.append(f"  waiting    {waiting} a value that another grid has yet to learn")
    publish = sum(len(training.to_publish) for training in plan.trainings)
    if publish:
        recorded = counted(publish, "run is", "runs are")
        lines.append(f"  recorded   {recorded} in the sweep store and will be published to MLflow")
    if grid.fused:
        groups = fused_groups((one for one in plan.trainings if one.is_ready), grid.fused)
        lines.append(
            f"  fused      {counted(len(groups), 'job')} of at most {grid.fused} trainings each"
        )
    lines += [f"  factors    {asked.split.label() or 'every image'}" for asked in grid.factors]
    lines.append(f"  to run     {plan.steps_to_run:,} steps ({saved:,} saved)")
    lines += cost_lines(cost)
    if plan.steps_to_run:
        lines += disk_need(plan, grid, cost.slots.at_a_time).lines()
    lines += [f"  note: {warning}" for warning in plan.warnings]
    return lines


_HEAD = ("", "runs", "trainings", "steps", "hours", "without sharing: steps", "hours")


def cost_lines(cost: Cost) -> list[str]:
    """A table of the models, then the totals."""
    if not cost.hours:
        return []
    rows = [_row(share.model, share) for share in cost.shares if share.hours]
    if len(rows) > 1:
        rows.append(_row("total", _sum(cost.shares)))
    return [*_aligned([_HEAD, *rows]), *total_lines(cost)]


def total_lines(cost: Cost) -> list[str]:
    """Wall time, GPU-hours, money, and limits that are exceeded."""
    slots = cost.slots
    threads = f"{slots.threads} thread{'s' if slots.threads > 1 else ''} each"
    jobs = " jobs" if slots.fused > 1 else ""
    workers = f"{slots.workers}{jobs} at a time, {threads}, on {slots.machine.name}"
    how = _sources(cost)
    lines = [f"  time       about {format_duration(3600 * cost.wall_hours)} ({workers}; {how})"]
    if cost.naive_wall_hours > cost.wall_hours:
        naive = format_duration(3600 * cost.naive_wall_hours)
        lines.append(f"             {naive} without sharing")
    if cost.gpu_hours or cost.rates:
        lines.append(f"  GPU-hours  {cost.gpu_hours:,.2f}")
    for kind, rate in cost.rates.items():
        alone = cost.naive_hours * slots.gpu * rate
        lines.append(
            f"  money      {cost.gpu_hours * rate:,.2f} {kind}, at {rate:g} per GPU-hour "
            f"({alone:,.2f} without sharing)"
        )
    if cost.over_budget:
        lines.append(f"  budget     exceeded: {', '.join(cost.over_budget)}")
    return lines


def _sources(cost: Cost) -> str:
    """Where the hours are from, with shares unless it is one source."""
    rough = 1 - cost.measured - cost.probed
    shares = {"measured": cost.measured, "timed by plan": cost.probed, "rough estimate": rough}
    percent = {source: round(100 * share) for source, share in shares.items() if share > 0.005}
    if len(percent) == 1:
        return next(iter(percent))
    return ", ".join(f"{number}% {source}" for source, number in percent.items())


def _sum(shares: Sequence[ModelCost]) -> ModelCost:
    names = [item.name for item in fields(ModelCost) if item.name != "model"]
    return ModelCost("total", **{name: sum(getattr(s, name) for s in shares) for name in names})


def _row(name: str, share: ModelCost) -> tuple[str, ...]:
    numbers = (share.runs, share.trainings, share.steps)
    naive = (f"{share.naive_steps:,}", f"{share.naive_hours:,.2f}")
    return (name, *(f"{number:,}" for number in numbers), f"{share.hours:,.2f}", *naive)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  "
        + row[0].ljust(widths[0])
        + "".join("  " + text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
