"""Records, checkpoints and weights in the folder of a training."""
