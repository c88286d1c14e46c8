"""The contract of every built-in part: what `sweeper check NAME` runs."""

import pytest

from trainers.contracts.suite import CHECKS, COST, KILLED
from trainers.contracts.verdict import verdict
from trainers.specs.datasets import DATASETS
from trainers.specs.measures import MEASURES
from trainers.specs.models import MODELS
from trainers.specs.networks import NETWORKS

TABLES = {"model": MODELS, "network": NETWORKS, "dataset": DATASETS, "measure": MEASURES}


def is_drawn(kind, name):
    """Whether it needs no file of a published dataset."""
    return kind != "dataset" or set(DATASETS[name].sources) & {"rendered", "synthetic"}


EVERY = [
    pytest.param(kind, name, title, marks=pytest.mark.slow if title in (COST, KILLED) else ())
    for kind, table in TABLES.items()
    for name in table
    if is_drawn(kind, name)
    for title in CHECKS[kind]
]


@pytest.mark.parametrize(("kind", "name", "title"), EVERY)
def test_it_holds(kind, name, title):
    found = verdict(kind, name, title, CHECKS[kind][title])
    assert found.ok, found.text
