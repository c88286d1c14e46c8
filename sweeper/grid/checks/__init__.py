"""Whether the parts of a grid fit together."""
