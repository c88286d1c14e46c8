"""A file that raises on import."""

UNKNOWN = nothing  # noqa: F821
