"""Search spaces: axes, products and samplers. Only `samplers` imports Optuna."""
