"""Scores of a milestone, and of stored latents."""
