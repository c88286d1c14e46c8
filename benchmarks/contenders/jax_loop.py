"""The same step in JAX: one function compiled by XLA, with Adam in it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from torch import nn

from trainers.networks import build_network
from trainers.specs.datasets import DATASETS

LATENT_DIM = 5
B1, B2, EPSILON = 0.9, 0.999, 1e-8  # PyTorch's Adam

Weights = dict[str, Any]


def jax_weights(network: nn.Module) -> Weights:
    """The weights of a PyTorch network, by name, and the two sigmas of L-VAE."""
    found = {name: jnp.asarray(weight.detach()) for name, weight in network.named_parameters()}
    return found | {"sigmas_2": jnp.ones(2)}


def apply(layers: nn.Module, name: str, weights: Weights, x: Any) -> Any:
    """What the PyTorch layers `name`, a Sequential, compute of x (B, ..)."""
    for place, layer in enumerate(layers.children()):
        weight, bias = (weights.get(f"{name}.{place}.{part}") for part in ("weight", "bias"))
        if isinstance(layer, nn.Linear):
            x = x @ weight.T + bias
        elif isinstance(layer, nn.Conv2d):
            pads = [(pad, pad) for pad in layer.padding]
            x = lax.conv_general_dilated(x, weight, layer.stride, pads) + bias[:, None, None]
        elif isinstance(layer, nn.ConvTranspose2d):  # the gradient of a convolution
            around = [
                size - 1 - pad for size, pad in zip(weight.shape[2:], layer.padding, strict=True)
            ]
            x = lax.conv_general_dilated(
                x,
                jnp.flip(weight, (2, 3)),
                (1, 1),
                [(pad, pad) for pad in around],
                lhs_dilation=layer.stride,
                dimension_numbers=("NCHW", "IOHW", "NCHW"),
            )
            x = x + bias[:, None, None]
        elif isinstance(layer, nn.ReLU):
            x = jax.nn.relu(x)
        elif isinstance(layer, nn.Flatten):
            x = x.reshape(len(x), -1)
        elif isinstance(layer, nn.Unflatten):
            x = x.reshape(len(x), *layer.unflattened_size)
        else:
            raise TypeError(f"no layer {layer} in JAX")
    return x


def loss_terms(
    network: nn.Module, weights: Weights, images_BCHW: Any, noise_BL: Any
) -> tuple[Any, tuple[Any, Any]]:
    """L-VAE's loss, and (reconstruction, KL), each ()."""
    x_BCHW = images_BCHW.astype(jnp.float32)
    mu_BL, logvar_BL = jnp.split(apply(network.encoder, "encoder", weights, x_BCHW), 2, axis=1)
    z_BL = mu_BL + jnp.exp(0.5 * logvar_BL) * noise_BL
    recon_BCHW = jax.nn.sigmoid(apply(network.decoder, "decoder", weights, z_BL))
    recon = jnp.sum((recon_BCHW - x_BCHW) ** 2) / len(x_BCHW)
    kl = jnp.mean(jnp.sum(-0.5 * (1 + logvar_BL - mu_BL**2 - jnp.exp(logvar_BL)), axis=1))
    s0, s1 = weights["sigmas_2"] ** 2
    return recon / s0 + kl / s1 + s0 + s1, (recon, kl)


def jax_step(network_name: str, learning_rate: float) -> Callable[[Any], dict[str, float]]:
    """A step of L-VAE on images (B, 1, 64, 64) uint8; returns its losses, read back each time."""
    network = build_network(network_name, DATASETS["dsprites"].image_CHW, LATENT_DIM, 0)
    weights = jax_weights(network)
    zeros = {name: jnp.zeros_like(weight) for name, weight in weights.items()}
    state = [weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros(()), jax.random.key(0)]

    def step(weights: Weights, m: Weights, v: Weights, count: Any, key: Any, images: Any) -> Any:
        key, own = jax.random.split(key)
        noise_BL = jax.random.normal(own, (len(images), LATENT_DIM))
        gradient = jax.value_and_grad(
            lambda found: loss_terms(network, found, images, noise_BL), has_aux=True
        )
        (loss, (recon, kl)), slopes = gradient(weights)
        count = count + 1
        m = jax.tree.map(lambda old, g: B1 * old + (1 - B1) * g, m, slopes)
        v = jax.tree.map(lambda old, g: B2 * old + (1 - B2) * g * g, v, slopes)
        rate = learning_rate * jnp.sqrt(1 - B2**count) / (1 - B1**count)
        moved = jax.tree.map(lambda w, a, b: w - rate * a / (jnp.sqrt(b) + EPSILON), weights, m, v)
        return [moved, m, v, count, key], {"recon": recon, "kl": kl, "loss": loss}

    compiled = jax.jit(step, donate_argnums=(0, 1, 2))

    def one(images_BCHW: Any) -> dict[str, float]:
        nonlocal state
        state, losses = compiled(*state, np.asarray(images_BCHW))
        return {name: float(loss) for name, loss in losses.items()}

    return one
