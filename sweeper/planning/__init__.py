"""From a grid to its runs and trainings, less what exists already."""
