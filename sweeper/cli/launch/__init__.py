"""`sweeper launch`: the command, its consent, its streams, and launches on another machine."""
