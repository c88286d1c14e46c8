"""A network as a list of layers in JSON: each is a class of torch.nn with its arguments.

A block of the network `residual` is listed as 'Residual' with the layers of its branch."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding")
_ARGUMENTS = {
    "Conv2d": _CONV,
    "ConvTranspose2d": _CONV,
    "Linear": ("in_features", "out_features"),
    "ReLU": (),
    "Flatten": ("start_dim", "end_dim"),
    "Unflatten": ("dim", "unflattened_size"),
}


class UnsupportedLayer(TypeError):
    """A network that the standalone loader cannot build."""


def layers(module: "nn.Module") -> list[dict[str, Any]]:
    """The layers of a Sequential, in order. Raises UnsupportedLayer."""
    return [_layer(child) for child in module.children()]


def _layer(module: "nn.Module") -> dict[str, Any]:
    from trainers.networks.residual import Block

    kind = type(module).__name__
    if isinstance(module, Block):
        return {"kind": "Residual", "branch": layers(module.branch)}
    if kind not in _ARGUMENTS:
        raise UnsupportedLayer(f"it has a layer {kind}; known: {', '.join(_ARGUMENTS)}")
    arguments = {name: _plain(getattr(module, name)) for name in _ARGUMENTS[kind]}
    return {"kind": kind, "arguments": arguments}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
