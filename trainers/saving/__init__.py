"""Records, checkpoints and weights in a folder of a training."""
