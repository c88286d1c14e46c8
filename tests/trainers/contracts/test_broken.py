"""Examples with one mistake each: the check that finds it names it."""

from pathlib import Path

import pytest
import torch

from trainers.contracts.resuming import _difference
from trainers.contracts.suite import CHECKS, KILLED
from trainers.contracts.verdict import verdict
from trainers.own_code.registry import use

BROKEN = Path(__file__).parent / "broken"


@pytest.mark.parametrize(
    ("file", "kind", "name", "title", "said"),
    [
        ("transfer", "model", "transfer_vae", "no transfer to the host in a step",
         ["transfer.py:10", "item()", "torch.where"]),
        ("not_finite", "model", "not_finite_vae", "finite loss and gradient",
         ["log-variance 30", "inf"]),
        ("shape", "network", "flat", "shapes for each dataset", ["decode gives", "last layer"]),
        ("measures", "measure", "too_large", "range", ["it gives 4", "0 to 1"]),
        ("measures", "measure", "drifting", "repeatable", ["then", "seed"]),
        ("hidden_state", "model", "hidden_vae", "resumes bitwise from a checkpoint",
         ["loss/total", "step 2", "buffers"]),
        ("moving_images", "dataset", "moving", "images", ["not in [0, 1]", "scale"]),
        ("moving_images", "dataset", "moving", "same index, same bits", ["images() differ"]),
    ],
)  # fmt: skip
def test_the_mistake_is_named(file, kind, name, title, said):
    use(f"./{file}.py", BROKEN)
    found = verdict(kind, name, title, CHECKS[kind][title])
    assert not found.ok
    for words in said:
        assert words in found.text, found.text


@pytest.mark.parametrize(
    ("file", "name", "fails"),
    [
        ("transfer", "transfer_vae", {"no transfer to the host in a step"}),
        ("not_finite", "not_finite_vae", {"finite loss and gradient"}),
        ("hidden_state", "hidden_vae", {"resumes bitwise from a checkpoint"}),
    ],
)
def test_nothing_else_fails(file, name, fails):
    use(f"./{file}.py", BROKEN)
    found = {
        title
        for title, check in CHECKS["model"].items()
        if title != KILLED and not verdict("model", name, title, check).ok
    }
    assert found == fails


@pytest.mark.slow
def test_lost_state_is_found_after_a_kill():
    use("./hidden_state.py", BROKEN)
    found = verdict("model", "hidden_vae", KILLED, CHECKS["model"][KILLED])
    assert not found.ok and "loss/total" in found.text


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"a": [torch.ones(2), 1], "b": 2}, ""),
        ({"a": [torch.zeros(2), 1], "b": 2}, "state.a[0]"),
        ({"a": [torch.ones(2), 3], "b": 2}, "state.a[1]"),
        ({"a": [torch.ones(2)], "b": 2}, "state.a"),
        ({"a": [torch.ones(2), 1]}, "state"),
    ],
)
def test_the_first_difference_of_two_states_is_named(other, place):
    assert _difference({"a": [torch.ones(2), 1], "b": 2}, other) == place
