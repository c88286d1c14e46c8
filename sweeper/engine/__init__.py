"""Ray: the only package that imports it.

cluster: starting or joining a Ray.  run: all trainings of a plan as one Tune run.  trial: one
attempt at a training, in a worker.  attempts: what is tried next and where.  nodes: what is alive.
head: going on without a head that is gone.  notice: whether a node is about to go.
jobs: what goes in and comes out.  hooks: what Tune calls.  reasons: failures in words."""
