"""The networks that a grid may name, with the image sizes of each."""

from dataclasses import dataclass

from trainers.words import unknown


@dataclass(frozen=True)
class NetworkSpec:
    """A description of a network that does not need torch.

    layers: encoder; decoder, where L is the latent size.  sizes: the heights of the square images
    that it accepts; empty means any image.  revision: raised when the network's initial weights or
    outputs change (see `specs.revisions`)."""

    name: str
    layers: str = ""
    source: str = ""
    sizes: tuple[int, ...] = ()
    revision: int = 0

    def takes(self, height: int, width: int) -> bool:
        return not self.sizes or (height == width and height in self.sizes)


NETWORKS: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        NetworkSpec(
            "mlp",
            "FC 1200, 1200, 2L; FC 1200, 1200, CHW; ReLU",
            "thesis, Table 3.1",
        ),
        NetworkSpec(
            "cnn",
            "Conv 32, 32, 64, 64 (4x4, stride 2), Conv 32 (4x4), FC 2L; "
            "FC 256, ConvT 64, 64, 32, 32, 3, C (4x4, stride 2); ReLU",
            "thesis, Table 3.1",
            sizes=(64, 128),
        ),
        NetworkSpec(
            "burgess",
            "Conv 32 x 4 (4x4, stride 2; x 5 at 128 pixels), FC 256, 256, 2L; mirrored; ReLU",
            "Burgess et al. 2018",
            sizes=(64, 128),
        ),
        NetworkSpec(
            "residual",
            "at each of 4 scales (5 at 128 pixels) Conv (4x4, stride 2) and two residual blocks, "
            "32 to 128 channels, FC 256, 2L; mirrored; ReLU",
            "this project; thesis, section 8.1",
            sizes=(64, 128),
        ),
    )
}


def network_errors(name: str, image_CHW: tuple[int, int, int], latent_dim: int = 1) -> list[str]:
    """Reasons why the network cannot be built for such images, one message for each."""
    errors = []
    if latent_dim < 1:
        errors.append(f"latent_dim = {latent_dim}: must be at least 1")
    if name not in NETWORKS:
        return [*errors, unknown("network", name, list(NETWORKS))]
    channels, height, width = image_CHW
    if not NETWORKS[name].takes(height, width):
        allowed = " or ".join(f"{size}x{size}" for size in NETWORKS[name].sizes)
        fitting = [spec.name for spec in NETWORKS.values() if spec.takes(height, width)]
        errors.append(
            f"network {name} takes images of {allowed} pixels, not {height}x{width}; "
            f"these fit: {', '.join(fitting)}"
        )
    if min(image_CHW) < 1:
        errors.append(f"image of {channels}x{height}x{width} is empty")
    return errors
