"""Measures of the mutual information of latents and factors."""
