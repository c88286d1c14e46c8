"""Ray on all nodes of a Slurm allocation. Nothing here imports Ray: it runs Ray's own command."""
