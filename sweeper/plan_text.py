"""A plan as lines for the terminal and as JSON."""

from typing import Any

from sweeper.cost import Cost, estimate
from sweeper.grid import Grid
from sweeper.plan import Plan
from sweeper.prices import cost_lines


def plan_json(plan: Plan, grid: Grid, cost: Cost | None = None) -> dict[str, Any]:
    """The numbers of the plan and its estimated cost."""
    cost = cost or estimate(plan, grid)
    return {"grid": plan.grid, **plan.summary(), "estimate": cost.to_json()}


def plan_lines(plan: Plan, grid: Grid, cost: Cost | None = None) -> list[str]:
    """What is asked, reused, left, and how long that takes, a line each."""
    cost = cost or estimate(plan, grid)
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
    lines.append(f"  to run     {plan.steps_to_run:,} steps ({saved:,} saved)")
    lines += cost_lines(cost)
    lines += [f"  note: {warning}" for warning in plan.warnings]
    return lines
