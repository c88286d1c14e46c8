"""The notes below a table, and what keeps it from being complete."""

import math
from collections.abc import Iterator

from sweeper.analysis.rule import ALL_SEEDS, HELD_OUT, LAST
from sweeper.analysis.scores import score
from sweeper.analysis.statistics.significance import Difference, differences
from sweeper.analysis.statistics.spread import LEVEL, interquartile_mean
from sweeper.ids import id_of
from sweeper.messages import counted
from sweeper.tables.published import published
from sweeper.tables.table import Row, Table
from sweeper.tracking import layout
from trainers.specs.datasets import DATASETS
from trainers.specs.models import WEAK_SIGMA, needs_weak

MAX_REASONS = 3


def notes(table: Table) -> Iterator[str]:
    """One line each, in a fixed order: how the table was made, then what is wrong with it."""
    if table.spec.shape != "two runs":
        yield from _selection(table)
    yield f"Runs that grid {', '.join(table.grids)} asks for."
    yield from _seeds(table)
    if table.report == "test":
        yield "Values of the test split; selection is on the validation split."
    if table.report == "test" and not table.rule.by.needs_seeds:
        untested = sum(math.isnan(row.optimism) for row in table.rows if row.winner)
        if untested:
            rows = counted(untested, "row has", "rows have")
            yield f"{rows} no test split: launch the grid with report: test."
        yield f"Optimism: {score(table.spec.by).title} on validation less that on test."
    for dataset in dict.fromkeys(row.dataset for row in table.rows if row.synthetic):
        yield f"{dataset}: synthetic stand-in, not the published images."
    yield from _active(table)
    yield from _advice(table)
    yield from table.problems


def _selection(table: Table) -> Iterator[str]:
    """By what the winners were chosen, and from how many."""
    rule = table.rule
    which = "last milestone" if rule.milestone == LAST else "best milestone"
    statistic = f", {rule.statistic} over seeds" if table.seeds > 1 else ""
    yield (
        f"Best run of each dataset and model by {score(table.spec.by).title} on validation "
        f"({which}{statistic})."
    )
    chosen = [row.winner.candidates for row in table.rows if row.winner]
    if chosen:
        low, high = min(chosen), max(chosen)
        seeds = "one seed" if table.seeds == 1 else f"up to {table.seeds} seeds"
        if high == 1:
            yield f"Each winner is the only candidate configuration, {seeds}."
        else:
            many = f"{low}" if low == high else f"{low} to {high}"
            head = f"Each winner is the maximum of {many} candidate configurations, {seeds} each"
            yield f"{head}." if table.is_held_out else f"{head}: its score is biased upwards."
        yield from _reported(table)


def _reported(table: Table) -> Iterator[str]:
    """On which seeds the printed scores were read."""
    if table.is_held_out:
        yield (
            "Scores are of held-out seeds: chosen on all seeds but one and read on that one, "
            "for every seed. Settings and runs are those of the choice on all seeds."
        )
    elif table.rule.by.needs_seeds:
        title = table.rule.by.title
        yield (
            f"{title} compares the seeds of a configuration on validation images: no seed is held "
            f"out, and {title} has no interval. It uses no labels."
        )
    elif table.seeds > 1 and table.rule.report == ALL_SEEDS:
        yield "As in the thesis, scores are of the seeds that chose (select: {report: all_seeds})."
    if table.rule.report == HELD_OUT and table.is_held_out:
        own = [row for row in table.rows if row.winner and not row.held_out]
        for row in own:
            yield f"{_name(row)}: no two seeds in common, so its score is of the seeds that chose."


def _seeds(table: Table) -> Iterator[str]:
    if table.seeds < 2 or table.spec.shape == "two runs":
        return
    repeats = " that repeats the choice" if table.is_held_out else ""
    interval = f"a {LEVEL:.0%} bootstrap interval over seeds{repeats}"
    yield f"Mean over seeds, with {interval} in parentheses."
    if table.rule.by.needs_seeds:
        return  # values that depend on each other are no sample
    yield from _differences(table)
    yield from _pooled(table)


def _differences(table: Table) -> Iterator[str]:
    """The best model of each dataset against every other."""
    groups = []
    for section in table.sections():
        rows = sorted((row for row in section if row.winner), key=lambda row: _order(row, table))
        groups.append(
            (section[0].dataset, [(row.model, row.printed(table.column)) for row in rows])
        )
    found = differences(groups)
    best = {name: models[0][0] for name, models in groups if models}
    for one in found:
        if one.first == best[one.group]:
            yield _difference_text(one, table)
    if found:
        pairs = counted(len(found), "comparison")
        yield f"Welch's test over seeds; intervals and p by Holm over {pairs}."


def _difference_text(one: Difference, table: Table) -> str:
    head = f"{one.group}: {one.first} less {one.second} in {score(table.spec.by).title}"
    if math.isnan(one.p):
        return f"{head}: {one.difference:+.3f}, too few seeds."
    verdict = "significant" if one.is_significant else "not significant"
    interval = f"{one.low:+.3f} to {one.high:+.3f}"
    return f"{head}: {one.difference:+.3f} ({interval}), p = {one.p:.2g}, {verdict}."


def _pooled(table: Table) -> Iterator[str]:
    """Each model that all datasets have, over all of them; losses of two datasets do not mix."""
    sections = table.sections()
    if len(sections) < 2 or not table.column.removeprefix(layout.TEST_PREFIX).startswith(
        layout.MEASURE_PREFIX
    ):
        return
    for model in dict.fromkeys(row.model for row in table.rows):
        rows = [row for row in table.rows if row.model == model and row.winner]
        values = [row.printed(table.column) for row in rows]
        if len(rows) < len(sections) or not all(math.isfinite(v) for own in values for v in own):
            continue
        runs = [run["run_id"] for row in rows if row.winner for run in row.winner.runs]
        found = interquartile_mean(values, int(id_of([table.column, *runs]), 16))
        yield (
            f"All datasets: {model}: interquartile mean of {score(table.spec.by).title} "
            f"{found.mean:.3f} ({LEVEL:.0%} interval {found.low:.3f} to {found.high:.3f}, seeds "
            "resampled within datasets)."
        )


def _order(row: Row, table: Table) -> float:
    """Sorts the best on the validation split first."""
    values = row.printed(table.rule.by.column)
    mean = math.fsum(values) / len(values)
    return mean if table.rule.by.lower_is_better else -mean


def _active(table: Table) -> Iterator[str]:
    """Collapsed runs, winners with few active latents, runs whose latents were not counted."""
    for row in table.rows:
        if row.counts.collapsed:
            least = counted(table.rule.min_active, "active latent")
            is_one = row.counts.collapsed == 1
            what, them = ("is no candidate", "it") if is_one else ("are no candidates", "them")
            yield (
                f"{_name(row)}: {counted(row.counts.collapsed, 'run')} with fewer than {least} "
                f"{what} (select: {{min_active: 0}} admits {them})."
            )
    for row in table.rows:
        if has_few_active(row):
            yield (
                f"{_name(row)}: the winner has {active_text(row)} active latents, fewer than the "
                f"{num_factors(row.dataset)} factors."
            )
    uncounted = sum(row.uncounted for row in table.rows)
    if uncounted and table.rule.min_active and table.spec.shape != "two runs":
        those = "it is a candidate" if uncounted == 1 else "these are candidates"
        yield f"Active latents were not counted in {counted(uncounted, 'run')}; {those}."


def has_few_active(row: Row) -> bool:
    """Whether the winner has fewer active latents than its dataset has factors."""
    factors = num_factors(row.dataset)
    return row.winner is not None and factors is not None and row.winner.active < factors


def active_text(row: Row) -> str:
    """'5', or '4.3' as the mean of seeds; '' where they were not counted."""
    active = row.winner.active if row.winner else math.nan
    return "" if math.isnan(active) else f"{round(active, 1):g}"


def num_factors(dataset: str) -> int | None:
    """How many factors a dataset has; None for a file of the user's own."""
    name = dataset.partition(" ")[0]  # after it: the distribution over factors
    return len(DATASETS[name].factor_names) if name in DATASETS else None


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
    unmeasured = _unmeasured(table)
    yield from _unmeasured_lines(table, unmeasured)
    for row in table.rows:
        if row.counts.untouched:
            continue
        if not row.counts.complete:
            reasons = "; ".join(row.reasons[:MAX_REASONS])
            more = len(row.reasons) - MAX_REASONS
            reasons += f"; and {more} more" if more > 0 else ""
            yield f"{_name(row)}: {row.counts.as_text()}{': ' + reasons if reasons else ''}"
        lacking = [name for name in _lacking(row) if name not in unmeasured]
        if lacking:
            which = "a chosen run" if table.seeds > 1 else "the chosen run"
            yield f"{_name(row)}: {which} has no {', '.join(lacking)}"
    yield from _without_runs(table)


def _unmeasured(table: Table) -> list[str]:
    """Columns that no row with a winner has."""
    chosen = [row for row in table.rows if row.winner]
    return [c for c in table.spec.columns if chosen and all(c in _lacking(row) for row in chosen)]


def _lacking(row: Row) -> list[str]:
    """Columns for which a row with a winner shows no number."""
    if row.winner is None:
        return []
    return [name for name, v in row.values.items() if v is None or math.isnan(v.mean)]


def _unmeasured_lines(table: Table, unmeasured: list[str]) -> Iterator[str]:
    """How the numbers that chosen runs lack are added."""
    # The latents of the test split are not stored.
    can_be_added = table.report == "validation"
    launch = "`sweeper launch` of the grid adds"
    if unmeasured:
        how = "`evaluation: measures` says what is scored"
        how += f", and {launch} it to finished runs without training" if can_be_added else ""
        yield f"No chosen run has {', '.join(unmeasured)}: {how}."
    elif can_be_added and any(map(_lacking, table.rows)):
        yield f"Where a chosen run has no score, {launch} it without training."


def _without_runs(table: Table) -> Iterator[str]:
    """Rows that the grid asks for and nothing was run of; rows that only the thesis has."""
    asked = [(r.dataset, r.model) for r in table.rows if r.counts.asked and r.counts.untouched]
    if asked:
        yield f"No runs yet for {len(asked)} of {len(table.rows)} rows ({_by_dataset(asked)})."
    if table.absent:
        total = len(published(table.spec.name))
        rows = _by_dataset(list(table.absent))
        yield f"No runs for {len(table.absent)} of the {total} rows that the thesis has ({rows})."


def _by_dataset(pairs: list[tuple[str, str]]) -> str:
    """'dsprites: vae, l_vae; mpi3d: vae'."""
    models: dict[str, list[str]] = {}
    for dataset, model in pairs:
        models.setdefault(dataset, []).append(model)
    return "; ".join(f"{name}: {', '.join(own)}" for name, own in models.items())


def _name(row: Row) -> str:
    return f"{row.dataset} {row.model}".strip()
