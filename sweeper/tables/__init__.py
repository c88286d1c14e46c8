"""The thesis's tables, and one for any grid, from what MLflow holds."""

from collections.abc import Sequence
from dataclasses import replace

from sweeper.analysis.pool import newest_launches
from sweeper.analysis.study import Study, read_study
from sweeper.errors import UsageError
from sweeper.messages import unknown
from sweeper.tables.ablation import compute_ablation
from sweeper.tables.compute import compute
from sweeper.tables.grid_rule import GridSelection, rule_of
from sweeper.tables.spec import COMPARISON, TableSpec, spec_for_grid
from sweeper.tables.table import Table
from sweeper.tables.two_runs import compute_two_runs

_PARTS = ("cbd_compactness", "cbd_modularity", "cbd")
_MODULARITY = (
    *("reconstruction", "cbd", "cbd_modularity", "beta_vae_score", "factor_vae_score"),
    *("mig_sup", "modularity"),
)
_COMPACTNESS = ("reconstruction", "cbd", "cbd_compactness", "mig", "sap")
_BETAS = (2.0, 4.0)  # the thesis's search of beta, section 3.2.3

TABLES: dict[str, TableSpec] = {
    "5.2": TableSpec(
        "5.2", "CbD of two models", "", "cbd", _PARTS, ids=("model",), shape="two runs"
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
    source: Study | str | None = None,
    *,
    grid: str | None = None,
    by: str | None = None,
    report: str | None = None,
    all_rows: bool = False,
    runs: Sequence[str] | None = None,
) -> Table:
    """A table of the thesis ('7.1' or 'table7_1'), or of a launched grid by its name.

    source: a study, or a tracking URI.  grid: the launch to take runs from.  by: another score to
    select by.  report: 'validation' or 'test', by default what the grid says.  all_rows: rows of
    the thesis without runs too.  runs: the two runs of Table 5.2.
    Raises UsageError, ResultsError, TrackingError."""
    study = source if isinstance(source, Study) else read_study(source)
    spec, own = spec_of(name, study)
    report = report or own.report
    if report not in ("validation", "test"):
        raise UsageError(f"report {report!r} {unknown(report, ['validation', 'test'])}")
    if by is not None:
        spec = replace(spec, by=by, lower_is_better=None)
    if spec.shape == "two runs":
        return compute_two_runs(study, spec, runs)
    if runs is not None:
        raise UsageError("runs are named for table 5.2 only")
    if spec.shape == "ablation":
        return compute_ablation(study, spec, grid=grid, report=report)
    grid = grid or (name if name in newest_launches(study.launches) else None)
    return compute(study, spec, grid=grid, report=report, all_rows=all_rows)


def spec_of(name: str, study: Study) -> tuple[TableSpec, GridSelection]:
    """The table of this name, one of the thesis or that of a launched grid, and what that grid
    says of it. Raises UsageError."""
    launches = newest_launches(study.launches)
    short = name.removeprefix("table").replace("_", ".").strip()
    if short in TABLES:
        launch = launches.get(TABLES[short].grid)
        return TABLES[short], rule_of(launch.grid_text) if launch else GridSelection()
    if name not in launches:
        raise UsageError(f"table {name!r} {unknown(name, [*TABLES, *launches])}")
    rule = rule_of(launches[name].grid_text)
    return spec_for_grid(name, rule, TABLES.get(rule.table)), rule
