"""Descriptions of the models, datasets, networks and measures, without importing torch.

The registries (`trainers.objectives.OBJECTIVES`, `trainers.datasets.DATASETS`,
`trainers.networks.NETWORKS`, `trainers.measures.MEASURES`) hold the code. These tables hold what a
planner needs to check a grid in milliseconds. A test compares the two."""
