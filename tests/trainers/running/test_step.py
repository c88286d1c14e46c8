"""One step, compared with the same step written out by hand."""

import copy
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainers.toy import TinyNetwork, Toy, toy_config
from trainers.networks import NETWORKS
from trainers.running.process import flush_denormals, keep_freed_memory, tf32
from trainers.running.step import TrainStep

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch):
    monkeypatch.setitem(NETWORKS, "mlp", TinyNetwork)


def make_stepper(image_CHW=Toy.spec.image_CHW, **changes):
    return TrainStep(toy_config(**changes), image_CHW, Toy.scale, CPU)


def make_batch(t, batch=16, latents=3):
    random = np.random.default_rng(t)
    images_BCHW = Toy().images(random.integers(0, 48, batch))
    noise_BL = random.standard_normal((batch, latents), dtype=np.float32)
    return torch.from_numpy(images_BCHW), torch.from_numpy(noise_BL), torch.tensor(t)


def test_three_steps_are_those_of_a_loop_by_hand():
    stepper = make_stepper(model="beta_vae", params={"beta": 3.0})
    network = copy.deepcopy(stepper.network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    for t in (1, 2, 3):
        images_BCHW, noise_BL, iteration = make_batch(t)
        values = dict(
            zip(stepper.names, stepper.step(images_BCHW, noise_BL, iteration), strict=True)
        )
        x = images_BCHW / 255
        mu, logvar = network.encode(x)
        decoded = torch.sigmoid(network.decode(mu + torch.exp(logvar / 2) * noise_BL))
        recon = F.mse_loss(decoded, x, reduction="none").sum(dim=(1, 2, 3)).mean()
        posterior = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        prior = torch.distributions.Normal(0.0, 1.0)
        kl_L = torch.distributions.kl_divergence(posterior, prior).mean(dim=0)
        loss = recon + 3.0 * kl_L.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert values["loss/recon"] == pytest.approx(recon.item(), rel=1e-5)
        assert values["loss/kl"] == pytest.approx(kl_L.sum().item(), rel=1e-4)
        assert values["loss/total"] == pytest.approx(loss.item(), rel=1e-5)
        for latent in range(3):
            assert values[f"kl/z{latent}"] == pytest.approx(kl_L[latent].item(), rel=1e-4)
        assert values["beta"] == 3.0
    for ours, theirs in zip(stepper.network.parameters(), network.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("model", ["vae", "l_vae", "control_vae", "mdl_vae_strong"])
def test_recorded_values_are_detached_and_float64_one_for_each_name(model):
    stepper = make_stepper(model=model, params={})
    values_T = stepper.step(*make_batch(1))
    assert values_T.dtype == torch.float64
    assert not values_T.requires_grad
    assert values_T.shape == (len(stepper.names),)


@pytest.mark.parametrize(("network", "image_CHW"), [("mlp", (1, 8, 8)), ("cnn", (1, 64, 64))])
def test_bf16_is_near_fp32_and_keeps_weights_and_records_in_full(network, image_CHW):
    random = np.random.default_rng(0)
    images_BCHW = torch.from_numpy(random.integers(0, 2, (16, *image_CHW), np.uint8) * 255)
    noise_BL = torch.from_numpy(random.standard_normal((16, 3), dtype=np.float32))
    rows = {}
    for precision in ("fp32", "bf16"):
        stepper = make_stepper(image_CHW, network=network, precision=precision)
        steps = [stepper.step(images_BCHW, noise_BL, torch.tensor(t)) for t in (1, 2, 3)]
        rows[precision] = torch.stack(steps)
        assert {weight.dtype for weight in stepper.network.parameters()} == {torch.float32}
    assert torch.allclose(rows["bf16"][:, 0], rows["fp32"][:, 0], rtol=0.02)
    assert not torch.equal(rows["bf16"], rows["fp32"])


def test_evaluation_is_in_float32_whatever_the_precision_of_training():
    images_BCHW, noise_BL, _ = make_batch(1)
    results = [
        make_stepper(precision=precision).evaluate(images_BCHW, noise_BL)
        for precision in ("fp32", "tf32", "bf16")
    ]
    for fp32, tf32_, bf16 in zip(*results, strict=True):
        assert torch.equal(fp32, tf32_) and torch.equal(fp32, bf16)


def test_tf32_is_set_on_a_cuda_device_for_the_block_only(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    before = torch.get_float32_matmul_precision()

    def settings():
        return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32

    with tf32(torch.device("cuda"), True):
        assert settings() == ("high", True)
        with tf32(torch.device("cuda"), False):
            assert settings() == ("highest", False)
        assert settings() == ("high", True)
    assert settings() == (before, True)
    with tf32(CPU, True):
        assert settings() == (before, True)


def test_a_state_saved_on_a_gpu_is_loaded_on_a_cpu():
    stepper = make_stepper()
    stepper.step(*make_batch(1))
    state = stepper.state()
    state["optimizer"]["param_groups"][0]["capturable"] = True  # as saved on a GPU
    other = make_stepper()
    other.load(state)
    assert other.optimizer.options["capturable"] is False
    assert torch.equal(other.step(*make_batch(2)), stepper.step(*make_batch(2)))


def test_denormal_numbers_are_zero_only_inside_the_block():
    half = torch.tensor([1e-40]).mul(0.5)
    assert half.item() > 0
    with flush_denormals():
        assert torch.tensor([1e-40]).mul(0.5).item() == 0.0
    assert torch.tensor([1e-40]).mul(0.5).item() == half.item()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="malloc of glibc")
def test_keeping_freed_memory_reports_whether_malloc_can():
    assert keep_freed_memory() in (True, False)


def test_without_glibc_freed_memory_is_not_kept(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
