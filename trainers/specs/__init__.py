"""What models, datasets, networks and measures there are, told without importing torch.

The registries (`trainers.objectives.OBJECTIVES`, `trainers.datasets.DATASETS`,
`trainers.networks.NETWORKS`, `trainers.measures.MEASURES`) hold the code; these tables hold what a
planner needs to check a grid in milliseconds. A test keeps the two in step."""
