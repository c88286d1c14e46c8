"""The engine on Ray; the only package that imports it.

engine: the engine's interface.  session: starts or joins a Ray.  run_jobs: all trainings as one
Tune run.  trial: one attempt at a training, in a worker.  tune_hooks: what Tune calls.  nodes:
live nodes and their capacity.  node_probe: checks of every node before a launch.  draining: whether
a node is about to leave.  head_watch: detects a lost head.  submission: launches as Ray jobs."""
