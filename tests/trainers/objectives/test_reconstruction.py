"""The reconstruction error, with values worked out by hand."""

from math import log

import pytest
import torch

from trainers.errors import ConfigError
from trainers.objectives.parts.reconstruction import reconstruction_error


def test_mse_sums_over_pixels_and_means_over_the_batch() -> None:
    # sigmoid(0) = 1/2. Image one: all 0, error 4 * 1/4 = 1. Image two: all 1/2, error 0. Mean 1/2.
    x_BCHW = torch.stack((torch.zeros(1, 2, 2), torch.full((1, 2, 2), 0.5)))
    assert reconstruction_error(torch.zeros(2, 1, 2, 2), x_BCHW, "mse").item() == 0.5


def test_an_untrained_decoder_on_dsprites_sized_images_starts_near_1000() -> None:
    # 64 * 64 black pixels, each off by 1/2: 4096 / 4 = 1024.
    zeros = torch.zeros(3, 1, 64, 64)
    assert reconstruction_error(zeros, zeros, "mse").item() == 1024.0


def test_bernoulli_is_the_cross_entropy_in_nats() -> None:
    # logit 0: ln 2 whatever the pixel; logit ln 3 (p = 3/4) and pixel 1: ln(4/3); pixel 0: ln 4.
    logits = torch.tensor([0.0, log(3), log(3), 0.0]).view(1, 1, 2, 2)
    x_BCHW = torch.tensor([1.0, 1.0, 0.0, 0.5]).view(1, 1, 2, 2)
    expected = log(2) + log(4 / 3) + log(4) + log(2)
    found = reconstruction_error(logits, x_BCHW, "bernoulli").item()
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["mse", "bernoulli"])
def test_extreme_logits_stay_finite(kind: str) -> None:
    logits = torch.tensor([-1e4, 1e4]).view(2, 1, 1, 1).requires_grad_()
    error = reconstruction_error(logits, torch.tensor([1.0, 0.0]).view(2, 1, 1, 1), kind)
    error.backward()
    assert error.isfinite() and logits.grad.isfinite().all()


def test_half_precision_logits_are_summed_in_float32() -> None:
    x_BCHW = torch.zeros(1, 1, 64, 64)
    found = reconstruction_error(torch.zeros(1, 1, 64, 64, dtype=torch.bfloat16), x_BCHW, "mse")
    assert found.dtype == torch.float32 and found.item() == 1024.0


def test_unknown_kind() -> None:
    with pytest.raises(ConfigError, match="Known: mse, bernoulli"):
        reconstruction_error(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), "l1")
