"""Tables as text, one string per cell, before a format is chosen."""
