"""What a table says below itself, and what keeps it from being complete."""

import math
from collections.abc import Iterator

from sweeper.analysis.scores import score
from sweeper.analysis.selection import number
from sweeper.analysis.spread import LEVEL, welch
from sweeper.tables.published import published
from sweeper.tables.table import Row, Table
from sweeper.tracking import layout
from trainers.specs.models import WEAK_SIGMA, needs_weak

REASONS_TOLD = 3


def notes(table: Table) -> Iterator[str]:
    """One line each, in a fixed order: how the table was made, then what is wrong with it."""
    if table.spec.shape != "two runs":
        yield f"Best run of each dataset and model by {score(table.spec.by).title}."
    yield f"Taken from {', '.join(table.grids) or 'runs that no launch asked for'}."
    if table.seeds > 1:
        yield (
            f"Mean +- standard deviation over up to {table.seeds} seeds of the configuration with "
            "the best mean; chosen on the same numbers, so the best is optimistic."
        )
        yield from _told_apart(table)
    if table.report == "test":
        yield "Values of the test split; selection is on the validation split."
        untested = sum(math.isnan(row.optimism) for row in table.rows)
        if untested:
            yield f"{untested} rows have no test split: launch them with report: test."
        yield f"Optimism: {score(table.spec.by).title} on validation less that on test."
    for dataset in dict.fromkeys(row.dataset for row in table.rows if row.synthetic):
        yield f"{dataset}: synthetic stand-in, not the published images."
    yield from _advice(table)
    yield from problems(table)


def _advice(table: Table) -> Iterator[str]:
    """The thesis's section 7.2: where every sigma_i ended below 0.5, mdL-weak is the better one."""
    for row in table.rows:
        if row.winner is None or row.winner.first["model"] != "mdl_vae_strong":
            continue
        prefix = f"last/{layout.SIGMA_PREFIX}"
        sigmas = [value for name, value in row.winner.first.items() if name.startswith(prefix)]
        known = [float(value) for value in sigmas if value is not None and not math.isnan(value)]
        if known and needs_weak(known):
            yield (
                f"{_name(row)}: every sigma_i of the chosen run is below {WEAK_SIGMA}; the thesis "
                "advises mdl_vae_weak (section 7.2)."
            )


def problems(table: Table) -> Iterator[str]:
    """What `--strict` refuses: one line for each incomplete row, one for rows without runs."""
    for row in table.rows:
        if not row.counts.complete and row.counts.asked:
            reasons = "; ".join(row.reasons[:REASONS_TOLD])
            more = len(row.reasons) - REASONS_TOLD
            reasons += f"; and {more} more" if more > 0 else ""
            yield f"{_name(row)}: {row.counts.as_text()}{': ' + reasons if reasons else ''}"
        elif row.winner and any(value is None for value in row.values.values()):
            names = [name for name, value in row.values.items() if value is None]
            yield f"{_name(row)}: the chosen run has no {', '.join(names)}"
    yield from _absent(table)


def _absent(table: Table) -> Iterator[str]:
    if table.absent:
        total = len(published(table.spec.name))
        by_dataset: dict[str, list[str]] = {}
        for dataset, model in table.absent:
            by_dataset.setdefault(dataset, []).append(model)
        rows = "; ".join(f"{name}: {', '.join(models)}" for name, models in by_dataset.items())
        yield f"No runs for {len(table.absent)} of the {total} rows that the thesis has ({rows})."


def _told_apart(table: Table) -> Iterator[str]:
    for section in table.sections():
        rows = [row for row in section if row.winner is not None]
        if len(rows) < 2:
            continue
        rows.sort(key=_standing)
        rule = score(table.spec.by)
        one, two = (
            [number(run, rule.column) for run in row.winner.runs] for row in rows[:2] if row.winner
        )
        test = welch(one, two)
        told = "too few seeds to tell" if math.isnan(test.p) else (
            f"p = {test.p:.2g}, {'told apart' if test.is_significant else 'not told apart'}"
        )  # fmt: skip
        yield (
            f"{section[0].dataset}: {rows[0].model} ({_interval(rows[0], rule.column)}) before "
            f"{rows[1].model} ({_interval(rows[1], rule.column)}) by {rule.title}: Welch {told}."
        )


def _standing(row: Row) -> float:
    """Sorts the best first."""
    if row.winner is None:
        return math.inf
    return row.winner.value if row.winner.by.lower_is_better else -row.winner.value


def _interval(row: Row, column: str) -> str:
    found = row.winner.spread(column) if row.winner else None
    if found is None or found.n < 2:
        return "one seed"
    return f"{LEVEL:.0%} interval {found.low:.3f} to {found.high:.3f}, n = {found.n}"


def _name(row: Row) -> str:
    return f"{row.dataset} {row.model}".strip()
