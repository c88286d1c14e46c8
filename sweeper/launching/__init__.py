"""Launching a grid: plan, train what is missing, publish as it comes, print the table.

launch: the whole way.  round: one plan, trained and published.  searching: a search.  jobs: a
plan's trainings as the engine's jobs.  publication: a run as it is to stand in MLflow.  live: the
table on the screen.  lock: one launch a store.  signals: Ctrl-C and SIGTERM."""
