"""The networks a grid may name, with the image sizes each accepts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSpec:
    """What is known of a network without its code. sizes: image heights; empty means any."""

    name: str
    layers: str
    source: str
    sizes: tuple[int, ...] = ()


NETWORKS: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        NetworkSpec(
            "mlp",
            "FC 1200, 1200, 2L; FC 1200, 1200, CHW; ReLU",
            "thesis, Table 3.1",
        ),
    )
}
