"""Downloads published datasets, checks their sums and prepares them."""
