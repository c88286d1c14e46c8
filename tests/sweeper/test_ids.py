"""Ids: hashes of what a run is, and of nothing else."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.grid import Grid, load_grid
from sweeper.ids import canonical, id_of, run_id, training_id
from sweeper.planning.plan import Plan, make_plan

IDENTITY = {
    "dataset": "dsprites",
    "source": "rendered",
    "model": "beta_vae",
    "params": {"beta": 4.0},
    "network": "mlp",
    "latent_dim": 5,
    "batch_size": 64,
    "learning_rate": 0.0001,
    "seed": 0,
    "reconstruction": "mse",
    "precision": "fp32",
    "evaluation": {
        "protocol": "thesis",
        "num_points": 10000,
        "alpha": 0.5,
        "split_seed": 0,
        "validation_fraction": 0.1,
        "test_fraction": 0.0,
    },
}
TEXT = (
    '{"batch_size":64,"dataset":"dsprites","evaluation":{"alpha":0.5,"num_points":10000,'
    '"protocol":"thesis","split_seed":0,"test_fraction":0.0,"validation_fraction":0.1},'
    '%s"latent_dim":5,"learning_rate":0.0001,"model":"beta_vae","network":"mlp",'
    '"params":{"beta":4.0},"precision":"fp32","reconstruction":"mse","seed":0,'
    '"source":"rendered"}'
)


def digits(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def grid_of(beta: object = 4, **axes: object) -> Grid:
    given = {"iterations": 100, **axes}
    return Grid(datasets="dsprites", models=[{"beta_vae": {"beta": beta}}], axes=given)


def test_an_id_is_the_hash_of_the_canonical_text() -> None:
    assert canonical(IDENTITY) == TEXT % ""
    assert training_id(IDENTITY) == digits(TEXT % "")
    assert run_id(IDENTITY, 100) == digits(TEXT % '"iterations":100,')
    assert training_id(IDENTITY, unshared_iterations=100) == digits(
        (TEXT % "").replace('{"batch', '{"alone":100,"batch', 1)
    )


def test_a_planned_run_has_the_id_of_its_text() -> None:
    [cell] = make_plan(grid_of()).cells
    assert cell.run_id == digits(TEXT % '"iterations":100,')
    assert cell.training_id == digits(TEXT % "")


def test_names_beyond_ascii_hash_everywhere_the_same() -> None:
    assert canonical({"a": "\u03b2"}) == '{"a":"\\u03b2"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), json_values, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, object], random: object) -> None:
    keys = list(value)
    random.shuffle(keys)  # type: ignore[attr-defined]
    assert id_of({key: value[key] for key in keys}) == id_of(value)
    assert id_of(json.loads(canonical(value))) == id_of(value)


def runs(plan: Plan) -> dict[str, tuple[object, ...]]:
    return {
        cell.run_id: (cell.config.batch_size, cell.config.learning_rate, cell.iterations)
        for cell in plan.cells
    }


def spellings(value: float) -> st.SearchStrategy[str]:
    """Ways to write a number that is short in scientific notation."""
    exact = f"{value:.20f}".rstrip("0").rstrip(".")
    forms = [repr(value), exact, f"{value:e}", f"{value:.6E}", f"+{exact}", f"'{value!r}'"]
    return st.sampled_from(forms)


@st.composite
def grid_texts(draw: st.DrawFn) -> tuple[str, tuple[object, ...]]:
    """A grid file in some spelling, and what it asks for."""
    batches = draw(st.lists(st.sampled_from([16, 32, 64]), min_size=1, unique=True))
    rates = draw(st.lists(st.sampled_from([1e-3, 1e-4, 2.5e-5]), min_size=1, unique=True))
    counts = draw(st.lists(st.sampled_from([10, 5000, 300000]), min_size=1, unique=True))
    lines = [
        f"batch_size: [{', '.join(draw(spellings(value)) for value in batches)}]",
        f"learning_rate: [{', '.join(draw(spellings(value)) for value in rates)}]",
        f"iterations: [{', '.join(draw(spellings(value)) for value in counts)}]",
    ]
    blocks = [
        "datasets: dsprites",
        f"models: [{{beta_vae: {{beta: {draw(spellings(4.0))}}}}}]",
        f"axes: {{{', '.join(draw(st.permutations(lines)))}}}",
    ]
    text = "\n".join(draw(st.permutations(blocks)))
    return text, (sorted(batches), sorted(rates), sorted(counts))


@settings(max_examples=40, deadline=None)
@given(grid_texts(), st.sampled_from(["a.yaml", "b.yaml"]))
def test_an_id_does_not_depend_on_file_order_spelling_or_other_runs(
    tmp_path_factory, drawn: tuple[str, tuple[list[int], list[float], list[int]]], name: str
) -> None:
    text, (batches, rates, counts) = drawn
    path: Path = tmp_path_factory.mktemp("grids") / name
    path.write_text(text)
    found = runs(make_plan(load_grid(path)))
    expected = {
        run_id(IDENTITY | {"batch_size": batch, "learning_rate": rate}, count): (batch, rate, count)
        for batch in batches
        for rate in rates
        for count in counts
    }
    assert found == expected


def test_what_changes_a_number_changes_the_id() -> None:
    base = make_plan(grid_of()).run_ids
    evaluations = [
        {"protocol": "locatello"},
        {"num_points": 500},
        {"alpha": 0.25},
        {"split": {"seed": 1}},
        {"split": {"validation": 0.2}},
        {"report": "test"},
    ]
    given = {"datasets": "dsprites", "models": [{"beta_vae": {"beta": 4}}]}
    others = [
        make_plan(Grid(**given, axes={"iterations": 100}, evaluation=evaluation)).run_ids
        for evaluation in evaluations
    ]
    others += [
        make_plan(grid_of(**axis)).run_ids
        for axis in (
            {"batch_size": 32},
            {"learning_rate": 1e-3},
            {"latent_dim": 6},
            {"reconstruction": "bernoulli"},
            {"precision": "bf16"},
            {"iterations": 101},
            {"beta": 2},
        )
    ]
    others.append(make_plan(Grid(**given, axes={"iterations": 100}, seeds=[1])).run_ids)
    assert len({base, *others}) == 1 + len(others)


def test_what_changes_no_number_changes_no_id() -> None:
    given = {"datasets": "dsprites", "models": [{"beta_vae": {"beta": 4}}]}
    axes = {"iterations": 100}
    base = make_plan(grid_of())
    for same in (
        Grid(**given, axes=axes, evaluation={"measures": "cbd", "record_every": 1}),
        Grid(**given, axes=axes, resources={"cpu": 4}, experiment="other", keep_weights="all"),
        Grid(**given, axes=axes | {"latent_dim": 5, "network": "mlp"}),
        Grid(
            datasets={"name": "dsprites", "source": "rendered", "data": "/elsewhere"},
            models=given["models"],
            axes=axes,
        ),
    ):
        plan = make_plan(same)
        assert plan.run_ids == base.run_ids
        assert [t.training_id for t in plan.trainings] == [t.training_id for t in base.trainings]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_cannot_hold_has_no_id(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical({"beta": value})
