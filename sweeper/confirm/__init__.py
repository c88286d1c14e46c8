"""`sweeper confirm`: the winners of a grid and their strongest rivals on fresh seeds."""
