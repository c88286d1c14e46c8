"""The page of grids that come with the package: what each is for, and how much it trains."""

from docs.tools.reference.markdown import escape, table
from sweeper.cli.start.found_files import shipped_files, summary
from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import make_plan


def _counts(grid: Grid) -> tuple[str, str]:
    """(runs, trainings); of a search, how many trainings at most."""
    if grid.search is not None:
        return "", f"at most {grid.search.trainings}"
    plan = make_plan(grid)
    return f"{len(plan.run_ids):,}", f"{len(plan.trainings):,}"


def shipped_grids_page() -> str:
    rows = []
    for path in shipped_files():
        if path.suffix != ".yaml":
            continue
        runs, trainings = _counts(load_grid(path))
        rows.append((f"`{path.stem}`", escape(summary(path)), runs, trainings))
    return "\n\n".join(
        [
            "# Grids of the package",
            "`sweeper grids` lists them, `sweeper grids NAME` copies one. Runs that differ only in "
            "iterations share a training.",
            table(("grid", "what", "runs", "trainings"), rows),
        ]
    )
