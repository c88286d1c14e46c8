"""The code of a registered model. MLflow runs this file with the weights from the artifacts of the
model; nothing is pickled. This project must be installed where the model is loaded."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Encoder(PythonModel):
    """Images (B, C, H, W) uint8, as the dataset holds them, to latents (B, L) float32: the mean of
    the posterior."""

    def load_context(self, context: Any) -> None:
        from trainers.saving.trained_network import read_weights

        folder = Path(context.artifacts["weights"])
        about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._scale = float(about["scale"])
        self._network = read_weights((folder / "weights.pt").read_bytes(), about).build()

    # MLflow reads the type hint of the images; without one, or with Any, it warns.
    def predict(self, context: Any, model_input: np.ndarray, params: Any = None) -> np.ndarray:
        import torch

        images_BCHW = torch.from_numpy(np.asarray(model_input)).float() * self._scale
        with torch.no_grad():
            latents_BL: np.ndarray = self._network.encode(images_BCHW)[0].numpy()
        return latents_BL


set_model(Encoder())
