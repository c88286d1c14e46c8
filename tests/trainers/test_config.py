"""Training configurations: identity, canonical form, all mistakes at once."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.config import Evaluation
from trainers.config_checks import parse_config, problems
from trainers.errors import ConfigError
from trainers.specs.models import MODELS

PLAIN = {
    "dataset": "dsprites",
    "source": "rendered",
    "model": "beta_vae",
    "params": {"beta": 4},
    "network": "mlp",
    "latent_dim": 5,
    "batch_size": 64,
    "learning_rate": 1e-4,
}


def test_a_configuration_is_unchanged_by_json() -> None:
    config = parse_config({**PLAIN, "milestones": [10, 20], "measures": ["cbd"]})
    assert parse_config(json.loads(json.dumps(config.to_dict()))) == config
    assert config.milestones == (10, 20)
    assert config.measures == ("cbd",)


def test_the_identity_holds_only_what_changes_numbers() -> None:
    config = parse_config(PLAIN)
    same = replace(config, milestones=(1,), measures=("cbd",), record_every=1, data_dir="/x")
    assert same.identity() == config.identity()
    for change in (
        {"seed": 1},
        {"batch_size": 32},
        {"precision": "bf16"},
        {"precision": "tf32"},
        {"evaluation": Evaluation(alpha=0.25)},
    ):
        assert replace(config, **change).identity() != config.identity()


def test_parameters_are_completed_typed_and_canonical() -> None:
    assert parse_config(PLAIN).params == {"beta": 4.0}
    assert parse_config({**PLAIN, "params": {}}).params == MODELS["beta_vae"].defaults()
    plain = parse_config({**PLAIN, "params": {"beta": 1}})
    assert (plain.model, plain.params) == ("vae", {})


def test_a_users_file_is_identified_by_its_content() -> None:
    digest = "ab" * 32
    own = {**PLAIN, "dataset": "mine", "source": "file", "path": "/a.npz", "digest": digest}
    config = parse_config(own)
    moved = parse_config({**own, "dataset": "yours", "path": "/b.npz"})
    assert config.identity() == moved.identity()
    assert config.identity()["dataset"] == f"custom:{digest}"


def test_every_mistake_is_reported_at_once() -> None:
    wrong = {
        "dataset": "dspritez",
        "source": "rendered",
        "model": "beta_vae",
        "params": {"bata": 1, "beta": -1},
        "network": "mpl",
        "latent_dim": 0,
        "batch_size": 2.5,
        "learning_rate": 0,
        "seed": -1,
        "reconstruction": "mae",
        "precision": "fp8",
        "evaluation": {"protocol": "x", "alpha": 2, "validation_fraction": 1.0, "num_points": 0},
        "milestones": [20, 10],
        "measures": ["cdb"],
    }
    with pytest.raises(ConfigError) as caught:
        parse_config(wrong)
    lines = str(caught.value).splitlines()
    fields = [line.split(":")[0].split(" =")[0] for line in lines]
    assert sorted(fields) == sorted(
        ["dataset", "params", "params", "network", "latent_dim", "batch_size"]
        + ["learning_rate", "seed", "reconstruction", "precision", "evaluation.protocol"]
        + ["evaluation.alpha", "evaluation", "evaluation.num_points", "milestones", "measures"]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sead": 1}, "sead: unknown key"),
        ({"evaluation": {"points": 1}}, "points"),
        ({"model": "vea"}, "model: 'vea' is unknown"),
        ({"source": "published2"}, "dsprites has no source"),
        ({"source": "file"}, "needs path and digest"),
        ({"source": "file", "path": "a", "digest": "xyz"}, "must be a SHA-256"),
        ({"path": "a.npz"}, "need the source 'file'"),
        ({"params": {"beta": "four"}}, "params: beta_vae: beta = 'four': must be a finite number"),
        ({"params": {"beta": float("nan")}}, "must be a finite number"),
        ({"params": {"beta": True}}, "must be a finite number"),
        (
            {"model": "sigma_vae", "params": {}, "reconstruction": "bernoulli"},
            "^reconstruction: sigma_vae is not defined with reconstruction bernoulli: .* use "
            "reconstruction mse or gaussian, or another model$",
        ),
    ],
)
def test_an_invalid_configuration_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("'", ".")):
        parse_config({**PLAIN, **change})


def test_a_missing_key_is_reported() -> None:
    without = {key: value for key, value in PLAIN.items() if key != "batch_size"}
    with pytest.raises(ConfigError, match="batch_size"):
        parse_config(without)


def test_the_split_leaves_the_rest_for_training() -> None:
    assert Evaluation().num_training(737_280) == 663_552
    assert Evaluation(validation_fraction=0.2, test_fraction=0.1).num_training(100) == 70


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*PLAIN, "seed", "measures", "milestones"]), scalars))
def test_no_value_crashes_the_checks(change: dict[str, object]) -> None:
    try:
        config = parse_config({**PLAIN, **change})
    except ConfigError:
        return
    assert problems(config) == []


def test_missing_unknown_and_wrong_fields_are_reported_together() -> None:
    wrong = {"dataset": "dsprits", "model": "vee", "batch_size": -1, "colour": 3, "milestones": 5}
    wrong["evaluation"] = {"num_point": 10}
    with pytest.raises(ConfigError) as caught:
        parse_config(wrong)
    lines = str(caught.value).splitlines()
    named = [line.partition(":")[0] for line in lines]
    assert set(named) >= {"dataset", "model", "batch_size", "colour", "milestones"}
    assert {"evaluation.num_point", "source", "params", "network", "latent_dim"} <= set(named)
    assert any("known: " in line and "l_vae" in line for line in lines)
    assert len(named) == len(set(named)), lines
