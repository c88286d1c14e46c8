"""A user's own models, networks, datasets and measures: found, loaded, registered, shipped.

Importing this loads neither torch nor numpy; loading a file loads what the file imports."""
