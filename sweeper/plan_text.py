"""A plan as lines for the terminal and as JSON."""

from typing import Any

from sweeper.cost import Cost, estimate
from sweeper.durations import duration
from sweeper.grid import Grid
from sweeper.plan import Plan


def plan_json(plan: Plan, grid: Grid) -> dict[str, Any]:
    """The numbers of the plan and its estimated cost."""
    cost = estimate(plan, grid)
    return {"grid": plan.grid, **plan.summary(), "estimate": vars(cost)}


def plan_lines(plan: Plan, grid: Grid) -> list[str]:
    """What is asked, reused, left, and how long that takes, a line each."""
    cost = estimate(plan, grid)
    saved = plan.steps_asked - plan.steps_to_run
    lines = [
        f"grid {plan.grid}",
        f"  asked      {plan.runs:,} runs, {plan.steps_asked:,} steps if each were trained alone",
        f"  trainings  {len(plan.trainings):,}: runs that differ only in iterations share one",
        f"  reused     {plan.reused:,} runs are finished already",
    ]
    if plan.diverged:
        lines.append(f"  diverged   {plan.diverged:,} runs are known to; they are not tried again")
    if plan.waiting:
        lines.append(f"  waiting    {plan.waiting:,} runs need a value that another grid learns")
    publish = sum(len(training.to_publish) for training in plan.trainings)
    if publish:
        lines.append(f"  recorded   {publish:,} runs lie in the sweep store and go to MLflow now")
    lines.append(f"  to run     {plan.steps_to_run:,} steps ({saved:,} saved){_time(plan, cost)}")
    lines += [f"  note: {warning}" for warning in plan.warnings]
    return lines


def _time(plan: Plan, cost: Cost) -> str:
    if not plan.steps_to_run:
        return ""
    told = f", about {duration(3600 * cost.wall_hours)}"
    if cost.money is not None:
        told += f" and {cost.money:,.2f} of money"
        if cost.over_budget:
            told += f", over the budget of {cost.budget:,.2f}"
    return told + (" by rough guess" if cost.measured < 1 else "")
