"""Reads file formats of published datasets."""
