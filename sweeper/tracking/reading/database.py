"""A SQLite store read as a database: 1,300 runs in a fraction of a second, no mlflow loaded.

All four tables are read in one short transaction: the state of one moment, and a writer is blocked
no longer than that. The schema is first checked against the installed MLflow."""

import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sweeper.tracking.reading.stored_run import Experiment, StoredRun
from sweeper.tracking.sqlite_file import open_sqlite, relocated

_RUNS = """SELECT run_uuid, experiment_id, status, start_time, end_time, artifact_uri FROM runs
WHERE lifecycle_stage = 'active' AND experiment_id IN ({ids}) {only}
ORDER BY start_time, run_uuid"""
_VALUES = """SELECT {table}.run_uuid, {table}.key, {columns} FROM {table} JOIN runs USING (run_uuid)
WHERE lifecycle_stage = 'active' AND experiment_id IN ({ids}) {only}"""
# Of one tag's values, which a JSON text lists: a statement may have few parameters only.
_ONLY = """AND runs.run_uuid IN (SELECT run_uuid FROM tags WHERE key = ?
AND value IN (SELECT value FROM json_each(?)))"""


def read_experiments(uri: str, path: Path) -> list[Experiment]:
    """Every experiment, deleted ones too."""
    with closing(open_sqlite(uri, path)) as connection:
        rows = connection.execute(
            "SELECT experiment_id, name, lifecycle_stage FROM experiments ORDER BY experiment_id"
        )
        return [Experiment(str(number), name, stage == "active") for number, name, stage in rows]


def read_runs(
    uri: str,
    path: Path,
    experiment_ids: Sequence[str],
    tagged: tuple[str, Collection[str]] | None = None,
) -> list[StoredRun]:
    """Every active run of these experiments, in order of start. tagged: (a tag, the values of it
    that are read); None reads all runs."""
    home = Path(os.path.abspath(path)).parent
    parameters = [*experiment_ids]
    if tagged is not None:
        parameters += [tagged[0], json.dumps(list(tagged[1]))]
    with closing(open_sqlite(uri, path)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN")
        ids, only = ",".join("?" * len(experiment_ids)), "" if tagged is None else _ONLY

        def values(table: str, columns: str = "value") -> Iterator[tuple[str, str, Any]]:
            query = _VALUES.format(table=table, columns=columns, ids=ids, only=only)
            return iter(connection.execute(query, parameters))

        found = {
            row[0]: StoredRun(row[0], str(row[1]), row[2], row[3], row[4], relocated(row[5], home))
            for row in connection.execute(_RUNS.format(ids=ids, only=only), parameters)
        }
        for run, key, value in values("params"):
            found[run].params[key] = value
        for run, key, value in values("tags"):
            found[run].tags[key] = value
        for run, key, value in values(
            "latest_metrics", "CASE is_nan WHEN 1 THEN NULL ELSE value END"
        ):
            found[run].metrics[key] = float("nan") if value is None else value
        connection.execute("COMMIT")
    return list(found.values())
