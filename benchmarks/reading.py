"""Commands over stored runs: seconds and memory as a study grows.

    python -m benchmarks.reading [--quick] [--full] [--database postgresql+psycopg2://..]

The stores hold invented numbers, written by the tests' own fast writer: four datasets, eight
models, 36 or 72 runs each, times a number of seeds. Times are of the command, from start to exit,
with the peak of its memory; `nothing` is the command line's own start. --full adds 100,000 runs;
--database names an empty database of a server, which the largest store is copied into."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.support.measuring import ROOT, command, sweeper, table
from sweeper.tracking.empty_database import create_database
from tests.sweeper.support.invented import FACTORS, thesis_cells
from tests.sweeper.support.synthetic_store import create_store, write_launch

SEEDS, FULL_SEEDS = (1, 4, 11), (1, 11, 87)
GRID = str(ROOT / "grids" / "table7_1.yaml")
VIEWS = (
    ("nothing", ("--help",)),
    ("status", ("status", GRID)),
    ("plan", ("plan", GRID, "--no-probe")),
    ("table 7.1", ("table", "7.1", "--format", "md")),
    ("figure 4.5", ("figure", "4.5")),
    ("figure 5.4", ("figure", "5.4")),
    ("select", ("select", "table7_1", "--no-tag")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest store alone")
    parser.add_argument("--full", action="store_true", help="up to 100,000 runs")
    parser.add_argument("--database", metavar="URI", help="an empty database of a server")
    options = parser.parse_args()
    seeds = FULL_SEEDS if options.full else SEEDS[:1] if options.quick else SEEDS
    print(page(seeds, database=options.database))


def page(
    seeds: tuple[int, ...] = SEEDS,
    datasets: tuple[str, ...] = tuple(FACTORS),
    database: str | None = None,
) -> str:
    columns = []
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "empty.db"
        create_database(template)
        for count in seeds:
            folder = Path(name, str(count))
            size = write_store(create_store(folder, template), datasets, count)
            columns.append((f"{size:,} runs", [view(folder, v) for _, v in VIEWS]))
        if database is not None:
            copy_rows(folder / "mlflow.db", database)
            times = [view(folder, (*v, "--tracking-uri", database)) for _, v in VIEWS[1:]]
            times = ["", *times]
            columns.append((f"{size:,} runs, {database.partition(':')[0]}", times))
    rows = [
        [name, *(times[place] for _, times in columns)] for place, (name, _) in enumerate(VIEWS)
    ]
    return table(["`sweeper ..`: seconds, MB", *(title for title, _ in columns)], rows)


def write_store(uri: str, datasets: tuple[str, ...], seeds: int) -> int:
    """A launch for each seed, the first of them of table7_1. Returns the number of runs."""
    size = 0
    for seed in range(seeds):
        cells = thesis_cells(datasets=datasets, seeds=(seed,))
        name = f"seed_{seed}" if seed else "table7_1"
        write_launch(uri, cells, grid=name, artifacts=False, start=seed)
        size += len(cells)
    return size


def view(folder: Path, arguments: tuple[str, ...]) -> str:
    codes = (0, 1) if arguments[0] == "status" else (0,)  # 1: some runs are missing
    seconds, peak, _ = command(sweeper(*arguments), folder, codes=codes)
    return f"{seconds:.1f} s, {peak:,.0f} MB"


def copy_rows(path: Path, database: str) -> None:
    """Every row of an SQLite store, into a database that MLflow makes its tables in."""
    from mlflow.store.db.utils import _initialize_tables
    from sqlalchemy import MetaData, create_engine

    source, target = create_engine(f"sqlite:///{path}"), create_engine(database)
    _initialize_tables(target)
    tables = MetaData()
    tables.reflect(target)
    with source.connect() as rows, target.begin() as connection:
        for one in tables.sorted_tables:
            if one.name == "alembic_version":
                continue
            connection.execute(one.delete())
            found = rows.execution_options(stream_results=True).execute(one.select())
            for part in found.mappings().partitions(20_000):
                connection.execute(one.insert(), [dict(row) for row in part])


if __name__ == "__main__":
    main()
