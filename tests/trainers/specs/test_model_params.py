"""Parameters: a canonical form of each value, all mistakes reported, no heavy imports."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.specs.models import (
    MODEL_ALIASES,
    MODELS,
    canonical_model,
    complete_params,
    needs_weak,
)
from trainers.specs.parameters import Param, complete, parse_target

FLOAT = Param("x", "float", 1.0, "", minimum=0.0, maximum=10.0)
INT = Param("n", "int", 1, "", minimum=1)
BOOL = Param("flag", "bool", False, "")


@pytest.mark.parametrize("value", [4, 4.0, "4", "4.0", " 4e0 "])
def test_floats_have_one_canonical_form(value: object) -> None:
    parsed = FLOAT.parse(value)
    assert parsed == 4.0 and type(parsed) is float


def test_yaml_text_and_negative_zero() -> None:
    assert FLOAT.parse("1e-4") == 1e-4
    assert repr(FLOAT.parse(-0.0)) == "0.0"


@pytest.mark.parametrize("value", [100_000, 1e5, "1e5", "100000"])
def test_ints_have_one_canonical_form(value: object) -> None:
    parsed = INT.parse(value)
    assert parsed == 100_000 and type(parsed) is int


@pytest.mark.parametrize("value", [True, None, [1], "four", "nan", float("inf"), -1, 11, ""])
def test_refused_floats(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        FLOAT.parse(value)


@pytest.mark.parametrize("value", [True, 1.5, "1.5", 0, 10**400])
def test_refused_ints(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        INT.parse(value)


def test_bounds_are_inclusive_and_above_is_not() -> None:
    assert [FLOAT.parse(0), FLOAT.parse(10)] == [0.0, 10.0]
    with pytest.raises(ValueError, match="greater than 0"):
        Param("x", "float", 1.0, "", above=0.0).parse(0)


@pytest.mark.parametrize(("value", "parsed"), [(True, True), ("off", False), ("Yes", True)])
def test_bools(value: object, parsed: bool) -> None:
    assert BOOL.parse(value) is parsed


@pytest.mark.parametrize("value", [1, 0, "maybe", None])
def test_refused_bools(value: object) -> None:
    with pytest.raises(ValueError, match="must be true or false"):
        BOOL.parse(value)


TARGET = Param("target", "target", "ramp:18.0", "")


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ("ramp", "ramp:18.0"),
        ("ramp:16", "ramp:16.0"),
        ({"ramp": 16}, "ramp:16.0"),
        ({"constant": 18}, "constant:18.0"),
        ({"constant": "1.8e1"}, "constant:18.0"),
        ("constant: 18", "constant:18.0"),
    ],
)
def test_targets(value: object, canonical: str) -> None:
    assert TARGET.parse(value) == canonical
    assert TARGET.parse(canonical) == canonical
    kind, nats = parse_target(canonical)
    assert f"{kind}:{nats}" == canonical


@pytest.mark.parametrize(
    "value",
    ["constant", "step", 18, None, {}, {"constant": -1}, {"constant": None}, {"ramp": 0}]
    + ["constant:", "ramp:x", {"constant": 18, "ramp": 18}, {"constant": True}],
)
def test_refused_targets(value: object) -> None:
    with pytest.raises(ValueError, match=r"\{constant: NATS\}"):
        TARGET.parse(value)


@pytest.mark.parametrize("name", MODELS)
def test_defaults_are_canonical_and_complete(name: str) -> None:
    params, errors = complete_params(name, {})
    assert errors == []
    assert params == MODELS[name].defaults()
    again, errors = complete_params(name, {key: str(value) for key, value in params.items()})
    assert errors == [] and again == params
    assert [type(v) for v in again.values()] == [type(v) for v in params.values()]


def test_every_mistake_at_once() -> None:
    given = {"kp": 1, "Ki": 0.001, "target": "constant"}
    params, errors = complete_params("control_vae", given)
    assert len(errors) == 3
    assert 'parameter "kp" is unknown. Did you mean "Kp"?' in errors[0]
    assert errors[1] == "control_vae: Ki = 0.001: must be at most 0"
    assert "target = 'constant': must be ramp" in errors[2]
    assert params == MODELS["control_vae"].defaults()


def test_a_setting_without_effect_is_a_mistake() -> None:
    given = {"target": {"constant": 18}, "ramp_period": 100}
    _, errors = complete_params("control_vae", given)
    assert errors == [
        "control_vae: ramp_period = 100 has no effect with target = 'constant:18.0'; remove it"
    ]
    complete_again, errors = complete_params("control_vae", {"target": {"constant": 18}})
    assert errors == []
    assert complete_params("control_vae", complete_again) == (complete_again, [])


def test_unknown_models() -> None:
    params, errors = complete_params("betavae", {"beta": 4})
    assert params == {}
    assert errors[0].startswith('model "betavae" is unknown. Did you mean "beta_vae"?')
    _, errors = complete_params("vae", {"beta": 4})
    assert errors == ['vae: parameter "beta" is unknown. There are none.']


def test_alias_has_the_parameters_of_its_first_model() -> None:
    alias = MODEL_ALIASES["mdl_vae_auto"]
    assert (alias.first, alias.then) == ("mdl_vae_strong", "mdl_vae_weak")
    assert {alias.first, alias.then} <= set(MODELS)
    assert complete_params("mdl_vae_auto", {}) == complete_params("mdl_vae_strong", {})
    assert MODELS[alias.first].params == MODELS[alias.then].params


@pytest.mark.parametrize("name", ["beta_vae", "beta_tc_vae"])
def test_beta_1_is_vae(name: str) -> None:
    for one in (1, 1.0, "1", "1e0"):
        params, _ = complete_params(name, {"beta": one})
        assert canonical_model(name, params) == ("vae", {})
    params, _ = complete_params(name, {"beta": 2})
    assert canonical_model(name, params) == (name, {"beta": 2.0})


def test_canonical_order_does_not_depend_on_the_given_one() -> None:
    first, _ = complete_params("dynamic_vae", {"Kp": 0.1, "window": 3})
    second, _ = complete_params("dynamic_vae", {"window": 3, "Kp": 0.1})
    assert list(canonical_model("dynamic_vae", first)[1].items()) == list(
        canonical_model("dynamic_vae", second)[1].items()
    )


def test_needs_weak_is_section_7_2() -> None:
    assert needs_weak([0.1, 0.49, -0.3])
    assert not needs_weak([0.1, 0.5, 0.0])
    assert not needs_weak([0.0, -0.76])
    for bad in ([], [float("nan")], [0.1, float("inf")]):
        with pytest.raises(ValueError, match="one finite sigma for each latent"):
            needs_weak(bad)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.floats()))
def test_completion_never_raises(given: dict[str, object]) -> None:
    params, errors = complete(MODELS["dynamic_vae"].params, given)
    assert set(params) == set(MODELS["dynamic_vae"].defaults())
    assert all(isinstance(error, str) for error in errors)


def test_specs_import_no_heavy_library() -> None:
    code = (
        "import sys, trainers.specs.models, trainers.specs.networks; "
        "print([m for m in ('torch', 'numpy', 'scipy', 'sklearn') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
