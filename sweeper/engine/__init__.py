"""Runs trainings: on Ray, or one after another in this process.

engine: the interface of an engine.  registry: which engines there are.  in_process: the engine
without Ray.  on_ray: the engine on a Ray of this machine or on a cluster; the only package that
imports Ray.  jobs: what goes in and comes out.  attempt: one attempt at a training, on any engine.
attempts: which training is tried next and where.  failure_reasons: failures as one line."""
