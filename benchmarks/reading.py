"""Tables and figures over stored runs: how long they take as a study grows.

    python -m benchmarks.reading [--quick]

The stores hold invented numbers, written by the tests' own fast writer: four datasets, eight
models, 36 or 72 runs each, times a number of seeds. Times are of the command, from start to exit;
`nothing` is the command line's own start."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.support.measuring import command, sweeper, table
from sweeper.tracking.empty_database import create_database
from tests.sweeper.support.synthetic_store import (
    FACTORS,
    create_store,
    thesis_cells,
    write_launch,
)

SEEDS = (1, 4, 11)
VIEWS = (
    ("nothing", ("--help",)),
    ("table 7.1", ("table", "7.1", "--format", "md")),
    ("figure 4.5", ("figure", "4.5")),
    ("figure 5.4", ("figure", "5.4")),
    ("select", ("select", "--no-tag")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest store alone")
    print(page(SEEDS[:1] if parser.parse_args().quick else SEEDS))


def page(seeds: tuple[int, ...] = SEEDS, datasets: tuple[str, ...] = tuple(FACTORS)) -> str:
    columns = []
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "empty.db"
        create_database(template)
        for count in seeds:
            cells = thesis_cells(datasets=datasets, seeds=range(count))
            folder = Path(name, str(count))
            write_launch(create_store(folder, template), cells, artifacts=False)
            columns.append((f"{len(cells):,} runs", [view(folder, v) for _, v in VIEWS]))
    rows = [
        [name, *(f"{times[place]:.1f}" for _, times in columns)]
        for place, (name, _) in enumerate(VIEWS)
    ]
    return table(["seconds of `sweeper ..`", *(title for title, _ in columns)], rows)


def view(folder: Path, arguments: tuple[str, ...]) -> float:
    return command(sweeper(*arguments), folder)[0]


if __name__ == "__main__":
    main()
