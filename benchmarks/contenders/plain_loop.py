"""The loop a user writes by hand: eager PyTorch, torch.optim.Adam, no more."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainers.networks import build_network
from trainers.specs.datasets import DATASETS

LATENT_DIM = 5


def plain_model(
    network_name: str, learning_rate: float, *, fused: bool
) -> tuple[nn.Module, torch.optim.Optimizer, nn.Parameter]:
    """A network for dSprites, its optimiser, and the two sigmas of L-VAE."""
    network = build_network(network_name, DATASETS["dsprites"].image_CHW, LATENT_DIM, 0)
    sigmas_2 = nn.Parameter(torch.ones(2))
    weights = [*network.parameters(), sigmas_2]
    return network, torch.optim.Adam(weights, lr=learning_rate, fused=fused), sigmas_2


def loss_terms(
    network: nn.Module, sigmas_2: nn.Parameter, images_BCHW: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Reconstruction, KL and L-VAE's loss, each ()."""
    x_BCHW = images_BCHW.float()
    mu_BL, logvar_BL = network.encode(x_BCHW)
    z_BL = mu_BL + torch.exp(0.5 * logvar_BL) * torch.randn_like(mu_BL)
    recon_BCHW = torch.sigmoid(network.decode(z_BL))
    recon = F.mse_loss(recon_BCHW, x_BCHW, reduction="sum") / len(x_BCHW)
    kl_BL = -0.5 * (1 + logvar_BL - mu_BL.pow(2) - logvar_BL.exp())
    kl = kl_BL.sum(dim=1).mean()
    s0, s1 = sigmas_2.square().unbind()
    return recon, kl, recon / s0 + kl / s1 + s0 + s1


def plain_losses(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    sigmas_2: nn.Parameter,
    terms: Callable[[nn.Module, nn.Parameter, Tensor], tuple[Tensor, Tensor, Tensor]] = loss_terms,
) -> Callable[[Tensor], dict[str, Tensor]]:
    """A step of L-VAE on images (B, 1, 64, 64) uint8; returns its losses, each ()."""

    def step(images_BCHW: Tensor) -> dict[str, Tensor]:
        recon, kl, loss = terms(network, sigmas_2, images_BCHW)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return {"recon": recon.detach(), "kl": kl.detach(), "loss": loss.detach()}

    return step


def plain_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    sigmas_2: nn.Parameter,
    *,
    compiled: bool = False,
) -> Callable[[Tensor], dict[str, float]]:
    """As `plain_losses`, the losses read back each time. compiled: by torch.compile."""
    terms = torch.compile(loss_terms) if compiled else loss_terms
    step = plain_losses(network, optimizer, sigmas_2, terms)
    return lambda images_BCHW: {name: loss.item() for name, loss in step(images_BCHW).items()}
