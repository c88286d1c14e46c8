"""Table 5.2: the parts of CbD of two runs, M1 and M2.

The thesis takes two random models. Here: the best and the median run by CbD of the VAEs on
dSprites (of every finished run on dSprites where there is no VAE), or any two that are named."""

from collections.abc import Sequence

from sweeper.analysis.population import Population
from sweeper.analysis.rule import SelectionRule
from sweeper.analysis.selection import Winner, number
from sweeper.analysis.two_runs import DATASET, two_runs
from sweeper.tables.compute import finish
from sweeper.tables.spec import TableSpec
from sweeper.tables.table import Row, Table, count


def compute_two_runs(
    population: Population, spec: TableSpec, rule: SelectionRule, runs: Sequence[str] | None = None
) -> Table:
    """runs: two run ids. Raises ResultsError, UsageError."""
    chosen = two_runs(population, runs)
    rows = []
    for name, cell in zip(("M1", "M2"), chosen, strict=True):
        winner = Winner((cell,), rule, number(cell, rule.by.column))
        values = {
            column: winner.spread(found.column)
            for column, found in zip(spec.columns, spec.scores(), strict=True)
        }
        dataset, source, synthetic = cell["dataset"], cell["source"], bool(cell["synthetic"])
        counts = count([cell], rule)
        rows.append(Row(dataset, source, synthetic, name, None, counts, winner, values))
    remarks = [
        f"{name} is run {cell['run_id']}: {cell['dataset']} {cell['model']}, batch "
        f"{cell['batch_size']}, learning rate {cell['learning_rate']:g}, "
        f"{cell['iterations']} iterations"
        for name, cell in zip(("M1", "M2"), chosen, strict=True)
    ]
    if runs is None:
        remarks.append(f"M1 and M2 are the best and the median run by CbD on {DATASET}.")
    return finish(Table(spec, rule, tuple(rows), (population.grid,)), population, chosen, remarks)
