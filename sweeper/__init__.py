"""Plans, runs and reports hyperparameter sweeps of disentangled-representation research."""

__version__ = "0.1.0"
