"""Statistics that several measures use."""
