"""The weights of a trained network: find, export, register, traverse.

`read_weights` must stay importable from here: models registered in MLflow import it."""

from trainers.saving.trained_network import read_weights

__all__ = ["read_weights"]
