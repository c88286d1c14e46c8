"""The parts of a training give the recorded numbers, or have a new revision.

Every objective, network and drawn dataset, and the optimiser step, is run for three steps (or a
few images) and compared with revisions.json. If numbers change on purpose, raise the revision of
the part, which gives its trainings new ids, and record the new numbers, with a line in
CHANGELOG.md:

    python -m tests.trainers.test_revisions

Objectives and networks run in float64, so that the comparison notices small constants and does not
depend on the processor. The numbers are this code's own and prove nothing about correctness."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainers.objectives.conftest import BATCH, LATENTS, PIXELS
from tests.trainers.toy import TinyNetwork, Toy, toy_config
from trainers.config import TrainingConfig
from trainers.datasets import open_dataset
from trainers.networks import NETWORKS, build_network
from trainers.objectives import OBJECTIVES, Terms, build_objective, kl_per_latent
from trainers.running.step import TrainStep
from trainers.seeds import random_stream
from trainers.specs import datasets, models, networks, revisions

RECORDED = Path(__file__).with_name("revisions.json")
ITERATIONS = (1, 6500, 90_000)  # inside the first ramp, on its second step, far along it
NUM_IMAGES = 12


def float64(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape))


def objective_values(name):
    """Losses and logged values of three steps on a linear encoder and decoder."""
    rng = random_stream(0, f"revisions/{name}")
    objective = build_objective(name, {}, LATENTS, PIXELS).double()
    encoder = torch.nn.Parameter(0.3 * float64(rng, PIXELS, 2 * LATENTS))
    decoder = torch.nn.Parameter(0.3 * float64(rng, LATENTS, PIXELS))
    adam = torch.optim.Adam([encoder, decoder, *objective.learned_weights()], lr=1e-2)
    adversary = objective.adversary()
    other = (
        torch.optim.Adam(adversary.parameters(), **objective.adversary_optimizer())
        if adversary
        else None
    )
    values = []
    for iteration in ITERATIONS:
        x_BP = torch.from_numpy(rng.random((BATCH, PIXELS)))
        mu_BL, logvar_BL = (x_BP @ encoder).chunk(2, dim=1)
        z_BL = mu_BL + (logvar_BL / 2).exp() * float64(rng, BATCH, LATENTS)
        order_BL = np.stack([rng.permutation(BATCH) for _ in range(LATENTS)], axis=1)
        terms = Terms(
            recon=((z_BL @ decoder).sigmoid() - x_BP).square().sum() / BATCH,
            kl_L=kl_per_latent(mu_BL, logvar_BL),
            mu_BL=mu_BL,
            logvar_BL=logvar_BL,
            z_BL=z_BL,
            iteration=torch.tensor(iteration),
            shuffle_BL=torch.from_numpy(order_BL),
        )
        loss = objective.loss(terms)
        adam.zero_grad()
        loss.backward()
        adam.step()
        values += [loss.item(), *(value.item() for value in objective.logged_values())]
        if other is not None:
            other.zero_grad()
            adversary_loss = objective.adversary_loss(terms)
            adversary_loss.backward()
            other.step()
            values.append(adversary_loss.item())
    return values


def network_values(name):
    """Squared errors of three steps of Adam on a batch of 2, and the last means of the latents."""
    rng = random_stream(0, f"revisions/{name}")
    network = build_network(name, (1, 64, 64), LATENTS, seed=0).double()
    adam = torch.optim.Adam(network.parameters(), lr=1e-4)
    values = []
    for _ in range(3):
        x_BCHW = torch.from_numpy(rng.random((2, 1, 64, 64)))
        mu_BL, logvar_BL = network.encode(x_BCHW)
        error = (network.decode(mu_BL + logvar_BL).sigmoid() - x_BCHW).square().sum()
        adam.zero_grad()
        error.backward()
        adam.step()
        values.append(error.item())
    return [*values, *mu_BL.detach().flatten().tolist()]


def dataset_values(name):
    """The sum of the pixels of a few images, and the sum weighted by position."""
    source = next(
        one for one in datasets.DATASETS[name].sources if one in ("rendered", "synthetic")
    )
    dataset = open_dataset(name, source=source)
    indices_N = np.linspace(0, len(dataset) - 1, NUM_IMAGES).astype(np.int64)
    images_NP = dataset.images(indices_N).reshape(NUM_IMAGES, -1).astype(np.float64)
    weights_P = np.linspace(0, 1, images_NP.shape[1])
    return [*images_NP.sum(axis=1).tolist(), *(images_NP @ weights_P).tolist()]


def step_values():
    """What three steps of the trainer record, its optimiser's constants, and an evaluation."""
    stepper = TrainStep(toy_config(), Toy.spec.image_CHW, Toy.scale, torch.device("cpu"))
    rng = np.random.default_rng(0)
    values = []
    for t in (1, 2, 3):
        images_BCHW = torch.from_numpy(Toy().images(rng.integers(0, 48, 16)))
        noise_BL = torch.from_numpy(rng.standard_normal((16, 3), dtype=np.float32))
        values += stepper.step(images_BCHW, noise_BL, torch.tensor(t)).tolist()
    options = stepper.optimizer.options
    values += [
        *options["betas"],
        options["eps"],
        options["weight_decay"],
        float(options["amsgrad"]),
    ]
    return [*values, float(stepper.evaluate(images_BCHW, noise_BL)[0])]


def drawn():
    return [
        name
        for name, spec in datasets.DATASETS.items()
        if {"rendered", "synthetic"} & set(spec.sources)
    ]


# part: (its values, its revision, their tolerance, where the revision stands)
PARTS = (
    {
        f"model {name}": (
            lambda name=name: objective_values(name),
            models.MODELS[name].revision,
            1e-9,
            "trainers/specs/models.py",
        )
        for name in OBJECTIVES
    }
    | {
        f"network {name}": (
            lambda name=name: network_values(name),
            networks.NETWORKS[name].revision,
            1e-7,
            "trainers/specs/networks.py",
        )
        for name in NETWORKS
    }
    | {
        f"dataset {name}": (
            lambda name=name: dataset_values(name),
            datasets.DATASETS[name].revision,
            2e-4,
            "trainers/specs/datasets.py",
        )
        for name in drawn()
    }
    | {"step": (step_values, revisions.STEP_REVISION, 1e-5, "trainers/specs/revisions.py")}
)


def verdict(part, values, revision, tolerance, place, recorded):
    """Why the part does not agree with what is recorded of it, or ''."""
    record = "run `python -m tests.trainers.test_revisions` to record its numbers"
    if recorded is None or recorded["revision"] != revision:
        return f"{part} has revision {revision}, which is not recorded: {record}"
    if values != pytest.approx(recorded["values"], rel=tolerance, abs=1e-12):
        return (
            f"the numbers of {part} have changed, and its revision is still {revision}. Undo the "
            f"change, or raise the revision in {place} (stored runs that use it are then trained "
            f"again) and {record}"
        )
    return ""


@pytest.mark.parametrize("part", PARTS)
def test_the_numbers_are_those_of_the_revision(part, monkeypatch):
    monkeypatch.setitem(NETWORKS, "mlp", TinyNetwork) if part == "step" else None
    compute, revision, tolerance, place = PARTS[part]
    recorded = json.loads(RECORDED.read_text()).get(part)
    assert not verdict(part, compute(), revision, tolerance, place, recorded)


def test_nothing_else_is_recorded():
    assert set(json.loads(RECORDED.read_text())) == set(PARTS)


def test_changed_numbers_name_the_part_and_a_new_revision_asks_for_a_record():
    recorded = {"revision": 0, "values": [1.0, 2.0]}
    assert verdict("model x", [1.0, 2.0], 0, 1e-9, "models.py", recorded) == ""
    changed = verdict("model x", [1.0, 2.00001], 0, 1e-9, "models.py", recorded)
    assert changed.startswith("the numbers of model x have changed, and its revision is still 0")
    assert "not recorded" in verdict("model x", [1.0, 3.0], 1, 1e-9, "models.py", recorded)


def test_a_changed_constant_of_an_objective_is_noticed(monkeypatch):
    monkeypatch.setattr("trainers.objectives.l_vae.EPSILON", 1e-6)
    _, revision, tolerance, place = PARTS["model l_vae"]
    recorded = json.loads(RECORDED.read_text())["model l_vae"]
    assert verdict("model l_vae", objective_values("l_vae"), revision, tolerance, place, recorded)


CONFIG = TrainingConfig(
    dataset="dsprites",
    source="rendered",
    model="vae",
    params={},
    network="mlp",
    latent_dim=5,
    batch_size=64,
    learning_rate=1e-4,
)


def test_revision_0_is_not_part_of_an_identity():
    assert "revisions" not in CONFIG.identity()
    assert replace(CONFIG, precision="bf16").identity()["revisions"] == {"precision": 1}


@pytest.mark.parametrize(
    ("registry", "name", "kind", "other"),
    [
        (models.MODELS, "vae", "model", {"model": "beta_vae"}),
        (networks.NETWORKS, "mlp", "network", {"network": "cnn"}),
        (datasets.DATASETS, "dsprites", "dataset", {"source": "published"}),
    ],
)
def test_a_raised_revision_changes_the_identities_that_use_the_part(
    registry, name, kind, other, monkeypatch
):
    unused = replace(CONFIG, **other)
    before = CONFIG.identity(), unused.identity()
    monkeypatch.setitem(registry, name, replace(registry[name], revision=2))
    assert CONFIG.identity() == before[0] | {"revisions": {kind: 2}}
    assert unused.identity() == before[1]


if __name__ == "__main__":
    found = {}
    for part, (compute, revision, *_) in PARTS.items():
        if part == "step":
            NETWORKS["mlp"] = TinyNetwork
        found[part] = {"revision": revision, "values": compute()}
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")
