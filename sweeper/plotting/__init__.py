"""How figures look and how their files are written. Imports nothing about runs."""
