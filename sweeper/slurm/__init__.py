"""Slurm: launches as batch jobs, and what an allocation gives to this process."""
