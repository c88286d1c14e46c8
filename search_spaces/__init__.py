"""What to try next: axes, grids and samplers, in pure Python; Optuna only in `samplers`."""
