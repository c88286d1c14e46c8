"""No value is cut: what is longer than MLflow keeps is read back whole."""

import pytest

from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.long_values import LIMITS, is_long, shortened
from sweeper.tracking.reading.reader import stored_runs
from tests.sweeper.support.mlflow_server import serving

LONG = ",".join(f"grid-{number:05}" for number in range(1000))  # 11,000 characters
BEGUN = {layout.KIND: layout.KIND_RUN, layout.RUN_ID: "ab" * 8}


def by_create_run(client):
    return client.create_run("0", tags=BEGUN | {layout.GRIDS: LONG})


def by_set_tag(client):
    run = client.create_run("0", tags=BEGUN)
    client.set_tag(run.info.run_id, layout.GRIDS, LONG)
    return run


def by_log_batch(client):
    from mlflow.entities import Param, RunTag

    run = client.create_run("0", tags=BEGUN)
    params, tags = [Param("betas", LONG)], [RunTag(layout.GRIDS, LONG)]
    for _ in range(2):  # a relaunch writes the same again
        client.log_batch(run.info.run_id, params=params, tags=tags)
    return run


def by_log_param(client):
    run = by_set_tag(client)
    client.log_param(run.info.run_id, "betas", LONG)
    return run


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"


@pytest.mark.parametrize("write", [by_create_run, by_set_tag, by_log_batch, by_log_param])
def test_a_long_value_is_read_back_whole(write, uri, monkeypatch):
    monkeypatch.chdir(uri.removeprefix("sqlite:///").rpartition("/")[0])
    client = open_client(uri)
    run = write(client)
    (found,) = stored_runs(uri).values()
    client.delete_run(run.info.run_id)
    assert found.tags[layout.GRIDS] == LONG
    assert found.params.get("betas", LONG) == LONG


@pytest.mark.slow
def test_a_long_value_is_read_back_whole_from_a_server(uri, monkeypatch):
    monkeypatch.chdir(uri.removeprefix("sqlite:///").rpartition("/")[0])
    with serving(uri) as address:
        run = by_log_batch(open_client(address))
        (found,) = stored_runs(address).values()
        open_client(address).delete_run(run.info.run_id)
    assert (found.tags[layout.GRIDS], found.params["betas"]) == (LONG, LONG)


@pytest.mark.parametrize("kind", LIMITS)
def test_a_shortened_value_fits_and_ends_at_a_line(kind):
    rows = "\n".join(f"| row {number} |" for number in range(2000))
    short = shortened(kind, "a/b", rows)
    assert not is_long(kind, short) and len(short) > LIMITS[kind] - 100
    kept, note = short.rsplit("\n", 1)
    assert (
        rows.startswith(f"{kept}\n")
        and note == f"[the whole text: artifact texts/{kind}/a%2Fb.txt]"
    )


def test_limits_are_those_of_the_installed_mlflow():
    from mlflow.utils import validation

    limits = {"params": validation.MAX_PARAM_VAL_LENGTH, "tags": validation.MAX_TAG_VAL_LENGTH}
    assert limits == LIMITS
