"""Searches a grid's space in place of running its full product.

space: what is sampled.  objective: what is optimised.  candidate: a point being trained.
dataset_search: the trials of one dataset.  training_queue: those of all datasets.
known_results: results of earlier runs.  warm_start: those that are points of the space.
identity: what makes two launches one search.  plan: the cost of a search.  summary: how it went."""
