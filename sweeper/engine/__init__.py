"""Ray: the only package that imports it.

cluster: starting or joining a Ray.  trial: a training as a Tune trial.  run: all of them."""
