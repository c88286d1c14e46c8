"""Dependence between latents: measures that use no factors."""
