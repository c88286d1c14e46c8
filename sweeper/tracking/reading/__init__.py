"""Reads runs, launches and artifacts from MLflow."""
