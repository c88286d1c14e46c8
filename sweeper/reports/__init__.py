"""A launched grid as one HTML page."""
