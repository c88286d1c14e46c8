"""Loads the model in this folder. Needs numpy and torch, nothing else.

from load import load
model = load()
mu, logvar = model.encode(images)    # images: uint8 (B, C, H, W), as the dataset has them
pictures = model.decode(mu)          # float32 (B, C, H, W) in [0, 1]
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).resolve().parent
DTYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}


class Residual(nn.Module):
    """relu(x + branch(x))."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return (x + self.branch(x)).relu()


class Model(nn.Module):
    """An encoder to mean and log variance of the posterior, and a decoder."""

    def __init__(self, config):
        super().__init__()
        self.scale = config["scale"]
        self.is_gaussian = config.get("identity", {}).get("reconstruction") == "gaussian"
        self.encoder = build(config["encoder"])
        self.decoder = build(config["decoder"])

    @torch.no_grad()
    def encode(self, images):
        """(B, L) twice: mean and log variance."""
        x = torch.as_tensor(np.asarray(images)).float() * self.scale
        return self.encoder(x).chunk(2, dim=1)

    @torch.no_grad()
    def decode(self, latents):
        """(B, C, H, W) in [0, 1]; any values where the reconstruction was gaussian."""
        logits = self.decoder(torch.as_tensor(latents).float())
        return logits if self.is_gaussian else torch.sigmoid(logits)


def build(layers):
    """A Sequential of the layers that config.json lists."""
    return nn.Sequential(*map(build_layer, layers))


def build_layer(layer):
    if layer["kind"] == "Residual":
        return Residual(build(layer["branch"]))
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in layer["arguments"].items()}
    return getattr(nn, layer["kind"])(**arguments)


def read_safetensors(path):
    """{name: array} of a safetensors file, read here so that no third library is needed."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, last = (start + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:last], DTYPES[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"]).copy()
    return arrays


def load(folder=HERE):
    """The model, in evaluation mode, on the CPU."""
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    if "encoder" not in config:
        raise ValueError(
            f"{folder} has no network that can be built from config.json: see README.md"
        )
    model = Model(config)
    arrays = read_safetensors(Path(folder) / "weights.safetensors")
    model.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    return model.eval()
