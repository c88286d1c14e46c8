"""The blocks of a grid file, typed and frozen."""
