"""How figures look and how they are written; knows nothing of runs."""
