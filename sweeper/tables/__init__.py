"""The thesis's tables, and one for any grid, from what MLflow holds."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sweeper.analysis.population import Population, Source
from sweeper.analysis.rule import ALL_SEEDS
from sweeper.analysis.study import Study, read_study
from sweeper.errors import TrackingError, UsageError
from sweeper.messages import unknown
from sweeper.planning.population import find_population
from sweeper.tables.ablation import compute_ablation
from sweeper.tables.compute import compute
from sweeper.tables.spec import COMPARISON, TableSpec, spec_for_grid
from sweeper.tables.table import Table
from sweeper.tables.two_runs import compute_two_runs

REPORTS = ("validation", "test")
_PARTS = ("cbd_compactness", "cbd_modularity", "cbd")
_MODULARITY = (
    *("reconstruction", "cbd", "cbd_modularity", "beta_vae_score", "factor_vae_score"),
    *("mig_sup", "modularity"),
)
_COMPACTNESS = ("reconstruction", "cbd", "cbd_compactness", "mig", "sap")
_BETAS = (2.0, 4.0)  # the thesis's search of beta, section 3.2.3

TABLES: dict[str, TableSpec] = {
    "5.2": TableSpec(
        "5.2", "CbD of two models", "table7_1", "cbd", _PARTS, ids=("model",), shape="two runs"
    ),
    "6.1": TableSpec(
        "6.1", "L-VAE and related models", "table6_1", "cbd", COMPARISON, betas=_BETAS
    ),
    "6.2": TableSpec(
        "6.2",
        "\u03b2-VAE trained at the weight that L-VAE learned",
        "table6_2",
        "cbd",
        COMPARISON,
        shape="ablation",
    ),
    "7.1": TableSpec(
        "7.1", "mdL-VAE and related models", "table7_1", "cbd", COMPARISON, betas=_BETAS
    ),
    "7.2": TableSpec(
        "7.2", "Selection by modularity", "table7_2", "cbd_modularity", _MODULARITY, betas=_BETAS
    ),
    "7.3": TableSpec(
        "7.3", "Selection by compactness", "table7_3", "cbd_compactness", _COMPACTNESS, betas=_BETAS
    ),
    "7.4": TableSpec(
        "7.4", "Loss functions of mdL-VAE", "table7_4", "cbd", COMPARISON, ids=("dataset", "model")
    ),
}


def table(
    name: str,
    source: Source = None,
    *,
    grid: str | Path | None = None,
    by: str | None = None,
    report: str | None = None,
    all_rows: bool = False,
    all_seeds: bool = False,
    runs: Sequence[str] | None = None,
    rehearsal: bool | None = False,
    synthetic: bool | None = False,
) -> Table:
    """A table of the thesis ('7.1' or 'table7_1'), or of a grid by its launched name or file.

    A table of the thesis is made from what its grid, which comes with the package, asks for; that
    of another grid from what its newest launch, or its file, asks for.

    source: a study, a tracking URI, or a population to take as it is.  grid: the launch or file to
    take in place of the table's own.  by: another score to select by.  report: 'validation' or
    'test', by default what the grid says.  all_rows: rows of the thesis that the grid does not ask
    for too.  all_seeds: scores of the seeds that chose, whatever the grid says.  runs: the two runs
    of Table 5.2.  rehearsal, synthetic: such runs in place of real ones; None: whatever the newest
    launch was.
    Raises GridError, ResultsError, TrackingError, UsageError."""
    short = name.removeprefix("table").replace("_", ".").strip()
    known = TABLES.get(short)
    found = _population(name, known, source, grid, rehearsal=rehearsal, synthetic=synthetic)
    spec = known or spec_for_grid(found.grid, found.text, TABLES.get(found.text.table))
    report = report or found.text.report
    if report not in REPORTS:
        raise UsageError(f"report {report!r} {unknown(report, REPORTS)}")
    found = found.scored_by(by or spec.by)
    rule = found.rule.with_score(by or spec.by, found.columns)
    rule = replace(rule, report=ALL_SEEDS) if all_seeds else rule
    spec = spec.selected_by(rule.by)
    if spec.shape == "two runs":
        return compute_two_runs(found, spec, rule, runs)
    if runs is not None:
        raise UsageError("--runs is for table 5.2 only")
    if spec.shape == "ablation":
        return compute_ablation(found, spec, rule, report=report)
    return compute(found, spec, rule, report=report, all_rows=all_rows)


def _population(
    name: str,
    known: TableSpec | None,
    source: Source,
    grid: str | Path | None,
    *,
    rehearsal: bool | None,
    synthetic: bool | None,
) -> Population:
    if isinstance(source, Population):
        return source
    try:
        study = source if isinstance(source, Study) else read_study(source)
    except TrackingError as error:
        if known is None and grid is None and re.fullmatch(r"(table)?\d+[._]\d+", name.strip()):
            raise UsageError(
                f"table {name!r} {unknown(name, list(TABLES))} There is {error}"
            ) from None
        raise
    names = sorted({launch.grid for launch in study.launches})
    if (
        known is None
        and grid is None
        and name not in names
        and not name.endswith((".yaml", ".yml"))
    ):
        raise UsageError(f"table {name!r} {unknown(name, [*TABLES, *names])}")
    return find_population(
        study,
        grid or (None if known else name),
        shipped=known.grid if known else "",
        rehearsal=rehearsal,
        synthetic=synthetic,
    )
