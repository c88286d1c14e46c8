"""Searching a grid's space in place of running its full product.

objective: what is looked for.  candidate: a point under way.  proposals: the questions and answers
on one dataset.  walk: those of all datasets.  warm_start: results that MLflow has already.
library: what MLflow and the store know.  places: where a search is kept.  story: how it went."""
