"""Checks that the parts of a grid are consistent."""
