"""Writes runs, launches, tags and models to MLflow."""
