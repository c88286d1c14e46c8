"""Publishes records to MLflow: the queue, runs, missing scores, the results of a launch."""
