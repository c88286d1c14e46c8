"""A user's own model is loaded, trained, resumed and reloaded like a built-in one."""

import json

import numpy as np
import pytest

from tests.support.own_code import HELPERS, MODEL, write_model
from tests.support.own_parts import DATASET, MEASURE, NETWORK
from tests.support.own_parts import MODEL as MODEL_PART
from tests.trainers.test_training import (
    assert_equal_milestones,
    finish,
    milestone,
    open_training,
    tiny_network,  # noqa: F401
)
from tests.trainers.toy import toy_config
from trainers.config import TrainingConfig
from trainers.config_checks import parse_config
from trainers.errors import ConfigError, OwnCodeError
from trainers.objectives import OBJECTIVES
from trainers.own_code.registry import is_own, unload_all, use
from trainers.own_code.worker import code_to_send, use_sent
from trainers.specs.models import MODELS


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path)
    return tmp_path


def own_config(**changes):
    return toy_config(model="gain_vae", params={"k": 3.0}, **changes)


def test_its_parameters_are_typed_and_its_digest_is_in_the_identity(folder):
    source = use("./my_models.py", folder)
    config = own_config()
    assert config.identity()["code"] == {"model": source.digest}
    assert toy_config(model="gain_vae", params={}).params == {"k": 2.0}
    with pytest.raises(ConfigError, match="gain_vae: k = -1: must be at least 0"):
        toy_config(model="gain_vae", params={"k": -1})


def test_identities_of_built_in_models_do_not_change(folder):
    before = toy_config().identity()
    use("./my_models.py", folder)
    assert toy_config().identity() == before and "code" not in before


def test_learned_parameters_are_recorded_by_themselves(folder, tmp_path):
    use("./my_models.py", folder)
    config = own_config(milestones=(3,), record_every=1)
    training = open_training(tmp_path / "t", config)
    finish(training)
    record = milestone(tmp_path / "t", 3)
    columns = dict(zip(record.trajectory_names, record.trajectory_ST.T[1:], strict=True))
    assert {"gain", "per_latent/0", "per_latent/1", "per_latent/2"} <= set(columns)
    assert columns["gain"][0] == 0.0  # what the first step used, not what it led to
    assert columns["gain"][1] != 0.0


def test_stopped_and_resumed_it_gives_the_same_bits(folder, tmp_path):
    use("./my_models.py", folder)
    finish(open_training(tmp_path / "whole", own_config()))
    first = open_training(tmp_path / "parts", own_config())
    first.advance(0)
    first.save()
    first.close()
    unload_all()  # a new process
    use("./my_models.py", folder)
    second = open_training(tmp_path / "parts", own_config())
    assert second.iteration == 10
    finish(second)
    for iteration in (20, 40):
        assert_equal_milestones(
            milestone(tmp_path / "whole", iteration), milestone(tmp_path / "parts", iteration)
        )


def test_a_changed_file_replaces_its_parts_at_once(folder):
    first = use("./my_models.py", folder)
    write_model(folder, helpers=HELPERS.replace("1.0", "2.0"))  # same length, same second
    second = use("./my_models.py", folder)
    assert first.digest != second.digest and own_config().code["model"] == second.digest
    assert OBJECTIVES["gain_vae"].loss.__globals__["SCALE"] == 2.0
    write_model(folder, MODEL.replace("gain_vae", "other_vae"))
    use("./my_models.py", folder)
    assert "gain_vae" not in MODELS and "gain_vae" not in OBJECTIVES and "other_vae" in MODELS


def test_two_folders_may_have_helpers_of_one_name(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_model(tmp_path / name, MODEL.replace("gain_vae", name), f"SCALE = '{name}'")
        use(f"{name}/my_models.py", tmp_path)
    assert [OBJECTIVES[name].loss.__globals__["SCALE"] for name in ("a", "b")] == ["a", "b"]


NO_LOSS = MODEL.partition("    def loss")[0]
TWICE = MODEL + MODEL.partition("import ModelSpec, Objective, Param\n")[2].replace("Gain(", "Two(")


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = 1\ny = nothing\n", "./mine.py:2: raises NameError on import: name 'nothing' is not"),
        (NO_LOSS, "./mine.py: class Gain (model gain_vae) has no method loss"),
        (MODEL.replace('"gain_vae"', '"vae"'), "model vae: a built-in model has this name; rename"),
        (MODEL.replace('"gain_vae"', '"mdl_vae_auto"'), "a built-in model has this name"),
        (TWICE, "./mine.py: two models are named gain_vae; rename one"),
        ("x = 1\n", "./mine.py: defines no model, network, dataset or measure"),
        ("import no_such_package\n", "raises ModuleNotFoundError on import"),
        (MODEL.replace("(Objective)", ""), "class Gain has a spec and no base"),
        (MODEL.replace("spec = ModelSpec(", "spec = dict("), "raises TypeError on import"),
        (
            MODEL.replace("    spec =", "    spec = 1\n    x ="),
            "class Gain: spec must be a ModelSpec",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line_and_registers_nothing(tmp_path, text, message):
    write_model(tmp_path)
    (tmp_path / "mine.py").write_text(text)
    before = set(MODELS), set(OBJECTIVES)
    with pytest.raises(OwnCodeError) as error:
        use("./mine.py", tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert (set(MODELS), set(OBJECTIVES)) == before


def test_a_name_of_another_file_is_taken(folder):
    use("./my_models.py", folder)
    (folder / "mine.py").write_text(MODEL)
    with pytest.raises(OwnCodeError, match="gain_vae: ./my_models.py has this name too"):
        use("./mine.py", folder)


def test_a_worker_loads_what_was_sent_without_the_file(folder):
    source = use("./my_models.py", folder)
    config = own_config()
    sent = json.loads(json.dumps(code_to_send(config)))
    plain = json.loads(json.dumps(config.to_dict()))
    unload_all()
    for file in folder.iterdir():
        file.unlink()
    use_sent(sent, "the worker on a")
    assert parse_config(plain) == config and config.code == {"model": source.digest}
    assert code_to_send(toy_config()) == []


def test_a_worker_with_other_code_refuses_in_one_line(folder):
    use("./my_models.py", folder)
    sent = code_to_send(own_config())
    sent[0]["files"] = sent[0]["files"] | {"helpers.py": "SCALE = 7.0\n"}
    unload_all()
    with pytest.raises(OwnCodeError) as error:
        use_sent(sent, "the worker on a")
    assert str(error.value).startswith("the worker on a has other code of ./my_models.py than the")
    assert "\n" not in str(error.value) and "gain_vae" not in MODELS


@pytest.mark.parametrize(
    "kind, text, changes",
    [
        ("model", MODEL_PART, {"model": "mine"}),
        ("network", NETWORK, {"network": "mine"}),
        ("dataset", DATASET, {"dataset": "mine", "source": "own", "batch_size": 4}),
        ("measure", MEASURE, {"measures": ("cbd", "mine")}),
    ],
)
def test_each_kind_that_differs_on_a_worker_is_refused_in_one_line(tmp_path, kind, text, changes):
    (tmp_path / "mine.py").write_text(text)
    use("./mine.py", tmp_path)
    (sent,) = code_to_send(TrainingConfig(**vars(toy_config()) | changes))
    unload_all()
    use_sent([sent], "the worker on a")
    assert is_own(kind, "mine")
    unload_all()
    sent["files"] = {"mine.py": text + "\nCHANGED = 1\n"}
    with pytest.raises(OwnCodeError) as error:
        use_sent([sent], "the worker on a")
    assert str(error.value).startswith(
        "the worker on a has other code of ./mine.py than the launch"
    )
    assert "\n" not in str(error.value) and not is_own(kind, "mine")


def test_a_package_of_another_version_on_a_worker_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "own_pkg_b.py"
    file.write_text(MODEL.replace("from helpers import SCALE", "SCALE = 1.0"))
    use("own_pkg_b", tmp_path)
    sent = code_to_send(own_config())
    unload_all()
    file.write_text(file.read_text().replace("SCALE = 1.0", "SCALE = 2.0"))
    with pytest.raises(OwnCodeError, match="has other code of own_pkg_b than the launch"):
        use_sent(sent, "the worker on a")


def test_a_configuration_made_with_other_code_is_refused(folder):
    use("./my_models.py", folder)
    plain = own_config().to_dict()
    write_model(folder, helpers="SCALE = 3.0")
    use("./my_models.py", folder)
    with pytest.raises(ConfigError, match="model: the code of gain_vae has the digest"):
        parse_config(plain)


def test_scores_need_no_torch_parts(tmp_path):
    text = (
        "from trainers.interface import measure\n\n"
        "@measure(title='Spread', range='0 to infinity', needs='latents')\n"
        "def spread(latents_NL, factors_NK):\n    return float(latents_NL.std())\n"
    )
    (tmp_path / "m.py").write_text(text)
    source = use("./m.py", tmp_path)
    from trainers.measures import score

    rng = np.random.default_rng(0)
    latents_NL, factors_NK = rng.normal(size=(50, 3)), np.arange(50)[:, None] % 5
    found = score(latents_NL, factors_NK, measures=["spread", "cbd"])
    assert found["spread"] == pytest.approx(latents_NL.std(), rel=1e-12)
    from trainers.specs.measures import MEASURES

    assert MEASURES["spread"].stored_name == f"spread.c{source.digest[:8]}"
