"""Classifiers and regressions that measures fit to latents."""
