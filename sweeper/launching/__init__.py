"""Launches a grid: plans, trains what is missing, publishes as it finishes, prints the table.

launch: the order of events.  sources: where trainings come from, a plan or a search.
round: a source's trainings on an engine, published.  jobs: trainings as jobs of the engine.
progress: the table on the screen.  control: Ctrl-C, SIGTERM, SIGHUP; failures that are all alike.
retry: training again what diverged or failed.  unchanged: whether a launch has nothing to do.
budget: what was used of the grid's budget.  speed_meter: speeds measured on the way.
outcome, summary: how it ended, and what is printed.  forecast: the cost beforehand.
status: how far a grid is."""
