"""A trained network's weights: find, export, register, traverse.

`read_weights` keeps this place: models that were registered in MLflow import it from here."""

from trainers.saving.trained_network import read_weights

__all__ = ["read_weights"]
