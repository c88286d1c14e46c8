"""By what rule a run stands for its dataset and model: one value, made from the grid.

Everything that chooses takes it: tables, figures, `sweeper select`, the report, learned values and
the weights that are kept. `SelectionRule` states the rule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from sweeper.analysis.scores import Score, known_score, score
from sweeper.grid import Grid
from sweeper.tracking import layout
from trainers.config import KeepRule

MEAN, MEDIAN = "mean", "median"
BEST, LAST = "best", "last"
HELD_OUT, ALL_SEEDS = "held_out_seeds", "all_seeds"
SELECTED, WINNERS = "selected", "winners"  # of a grid's `keep_weights`


@dataclass(frozen=True)
class SelectionRule:
    """Candidates: finished runs whose score `by` is finite and that have at least `min_active`
    active latents (Burda et al. 2016); runs without that number are candidates.

    A configuration is all settings but the seed. milestone 'best': the number of iterations is one
    of the settings, as in the thesis (section 3.2.2); 'last': only the longest asked for counts.
    Of the configurations those with the most seeds compete, so that one whose other seeds failed
    is not chosen for the seed that did not. The best `statistic` over seeds ('mean' or 'median')
    wins; ties go to the lower reconstruction (the same statistic), the fewer iterations, the
    smaller run id. Scores are those of the validation split, whatever split a table prints.

    report 'held_out_seeds': tables print the winner's scores on seeds that did not choose it
    (`held_out`), where the configurations have two seeds or more; 'all_seeds': on the seeds that
    chose it, as in the thesis, which is biased upwards, and by a score that compares seeds."""

    by: Score = field(default_factory=lambda: score("cbd"))
    statistic: str = MEAN
    milestone: str = BEST
    min_active: int = 1
    report: str = HELD_OUT

    def with_score(self, name: str | None, columns: Iterable[str]) -> "SelectionRule":
        """This rule by another score; by its own for None. Raises UsageError for an unknown one."""
        if name is None or score(name).column == self.by.column:
            known_score(self.by.name, columns)
            return self
        return replace(self, by=known_score(name, columns))


@dataclass(frozen=True)
class GridText:
    """What a grid's text says of its results. iterations, num_points: as asked at full length;
    empty and None where the text does not say. synthetic: datasets whose stand-in it asks for.
    directions: {metric: 'max' or 'min'} of a search for several.  keep_weights: whose weights are
    kept."""

    rule: SelectionRule = SelectionRule()
    report: str = "validation"
    table: str = ""
    iterations: frozenset[int] = frozenset()
    num_points: int | None = None
    synthetic: frozenset[str] = frozenset()
    directions: Mapping[str, str] = field(default_factory=dict)
    keep_weights: str = SELECTED


def rule_of(grid: Grid) -> SelectionRule:
    """The rule in a grid's `select`."""
    select = grid.select
    return make_rule(
        select.by,
        select.mode,
        select.statistic,
        select.milestone,
        select.min_active,
        _report(select.report, grid.table),
    )


def _report(asked: Any, table: Any) -> str:
    """What a grid's `select.report` means: grids for a table of the thesis follow the thesis."""
    if asked in (HELD_OUT, ALL_SEEDS):
        return str(asked)
    return ALL_SEEDS if table else HELD_OUT


def keep_rule(grid: Grid) -> KeepRule | None:
    """Of which milestone each training of a grid keeps the weights; None keeps none.

    By a score that compares seeds, which no training has alone: of its last milestone."""
    rule = rule_of(grid)
    if grid.keep_weights == "none":
        return None
    by = rule.by
    if by.needs_seeds:
        return KeepRule(layout.VALID_RECON, True, rule.min_active, last_only=True)
    is_measure = by.column.startswith(layout.MEASURE_PREFIX)
    metric = layout.measure_key(by.name) if is_measure else by.column
    return KeepRule(metric, by.lower_is_better, rule.min_active, rule.milestone == LAST)


def keeps_every_milestone(grid: Grid) -> bool:
    """Whether a training keeps the weights of all its milestones: the winner is chosen over all
    seeds, and until then each milestone may be the one."""
    if grid.keep_weights == WINNERS:
        return rule_of(grid).milestone != LAST
    return grid.keep_weights == "all"


def make_rule(
    by: str = "cbd",
    mode: str | None = None,
    statistic: str = MEAN,
    milestone: str = BEST,
    min_active: int = 1,
    report: str = HELD_OUT,
) -> SelectionRule:
    """mode: 'max' or 'min'; None takes what is usual for the score."""
    found = score(by)
    if mode in ("max", "min"):
        found = replace(found, lower_is_better=mode == "min")
    return SelectionRule(found, statistic, milestone, min_active, report)


def read_grid_text(text: str) -> GridText:
    """What a stored grid says. Texts of earlier versions and damaged ones are read as far as they
    can be; what is missing is as in an empty grid."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    content = content if isinstance(content, Mapping) else {}
    evaluation = _block(content, "evaluation")
    return GridText(
        rule=_rule(_block(content, "select"), content.get("table")),
        report=str(evaluation.get("report", "validation")),
        table=str(content.get("table", "")),
        iterations=frozenset(_iterations(content)),
        num_points=_integer(evaluation.get("num_points", 10_000)) if content else None,
        synthetic=frozenset(_synthetic(content.get("datasets"))),
        directions=dict(_block(_block(content, "search"), "directions")),
        keep_weights=str(content.get("keep_weights", SELECTED)),
    )


def _rule(select: Mapping[str, Any], table: Any) -> SelectionRule:
    min_active = _integer(select.get("min_active", 1))
    return make_rule(
        str(select.get("by", "cbd")),
        str(select.get("mode")),
        MEDIAN if select.get("statistic") == MEDIAN else MEAN,
        LAST if select.get("milestone") == LAST else BEST,
        1 if min_active is None else min_active,
        _report(select.get("report"), table),
    )


def _iterations(content: Mapping[str, Any]) -> Iterable[int]:
    """Every number of iterations in the grid's axes and in those of its models."""
    blocks = [_block(content, "axes")]
    for entry in _items(content.get("models")):
        for given in entry.values() if isinstance(entry, Mapping) else ():
            blocks.append(_block(given, "axes"))
    for block in blocks:
        for value in _items(block.get("iterations")):
            number = _integer(value)
            if number is not None:
                yield number


def _synthetic(datasets: Any) -> Iterable[str]:
    for entry in _items(datasets):
        if isinstance(entry, Mapping) and entry.get("source") == "synthetic":
            yield str(entry.get("name"))


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _integer(value: Any) -> int | None:
    """YAML 1.1 reads 5e4 as text."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _block(content: Any, name: str) -> Mapping[str, Any]:
    block = content.get(name) if isinstance(content, Mapping) else None
    return block if isinstance(block, Mapping) else {}
