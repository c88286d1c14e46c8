"""The contract of a network: an AutoEncoder of trainers.networks.base."""

import torch

from trainers.contracts.small_training import LATENTS, small_image
from trainers.contracts.verdict import Broken, raised
from trainers.networks import NETWORKS, AutoEncoder, build_network
from trainers.networks.base import Image
from trainers.specs.datasets import DATASETS
from trainers.specs.networks import NETWORKS as SPECS


def constructs(name: str) -> str:
    """For the smallest image; other seeds give other weights."""
    one, other = (_small(name, seed).state_dict() for seed in (0, 1))
    if one and all(torch.equal(one[key], other[key]) for key in one):
        raise Broken("the initial weights are the same for each seed")
    return ""


def images_of(name: str) -> list[Image]:
    """The image shapes of all datasets that the network takes, and one of 128 pixels."""
    shapes = {spec.image_CHW for spec in DATASETS.values()} | {(1, 128, 128)}
    return sorted(shape for shape in shapes if SPECS[name].takes(*shape[1:]))


def shapes(name: str) -> str:
    """(B, L) twice from the encoder, images from the decoder, for each dataset's images."""
    for image in images_of(name):
        for latent_dim in (1, 7):
            with torch.device("meta"):
                _check_shapes(NETWORKS[name](image, latent_dim), image, latent_dim)
    return f"{len(images_of(name))} shapes of images"


def _check_shapes(network: AutoEncoder, image: Image, latent_dim: int) -> None:
    wanted = {"encode": (2, latent_dim), "decode": (2, *image)}
    mu_BL, logvar_BL = network.encode(torch.zeros(2, *image))
    decoded = network.decode(torch.zeros(2, latent_dim))
    for method, found in (("encode", mu_BL), ("encode", logvar_BL), ("decode", decoded)):
        if tuple(found.shape) != wanted[method]:
            raise Broken(
                f"{method} gives {tuple(found.shape)} for 2 images of {image} and {latent_dim} "
                f"latents; it must give {wanted[method]}. Change the {method}r's last layer"
            )


def no_transfer(name: str) -> str:
    """Nothing is read back to the host: tensors without values (meta) pass through."""
    image = small_image(name)
    network = _small(name).to("meta")
    try:
        mu_BL, _ = network.encode(torch.zeros(2, *image, device="meta"))
        network.decode(mu_BL)
    except Exception as error:
        raise Broken(
            f"{raised(error)}. A step must not read a tensor on the host (.item(), float(), "
            ".cpu(), .numpy(), `if tensor`)"
        ) from error
    return ""


def gradients(name: str) -> str:
    """Each weight has a finite gradient."""
    network, x_BCHW = _small(name), _images(name)
    mu_BL, logvar_BL = network.encode(x_BCHW)
    torch.autograd.backward(network.decode(mu_BL + logvar_BL).square().sum())
    for key, weight in network.named_parameters():
        if weight.grad is None:
            raise Broken(f"no gradient reaches {key}; use it, or remove it")
        if not weight.grad.isfinite().all():
            raise Broken(f"the gradient of {key} is not finite")
    return ""


def alone(name: str) -> str:
    """In eval mode, as milestones are scored, an image does not depend on its batch."""
    network, x_BCHW = _small(name).double().eval(), _images(name).double()
    with torch.no_grad():
        one, together = network.encode(x_BCHW[:1])[0], network.encode(x_BCHW)[0]
    if not torch.allclose(one[0], together[0]):
        raise Broken("the code of an image depends on the other images of the batch")
    return ""


def _small(name: str, seed: int = 0) -> AutoEncoder:
    return build_network(name, small_image(name), LATENTS, seed)


def _images(name: str) -> torch.Tensor:
    channels, height, width = small_image(name)
    size = 2 * channels * height * width
    return torch.linspace(0, 1, size).view(2, channels, height, width)
