"""Models compared over all datasets, and at equal budgets."""
