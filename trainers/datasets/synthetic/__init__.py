"""Stand-ins for published datasets, drawn from their factors. Not the datasets themselves."""
