"""The optimisation steps of a training and their inputs, on a CPU or a GPU."""
