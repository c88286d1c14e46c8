# %% [markdown]
# # From a grid to a figure, in Python
#
# All commands can be called from Python. This script has cells (`# %%`), which Jupyter, VS Code
# and PyCharm open as a notebook; it also runs as a script: `python examples/quickstart.py`. All
# files are written to the working folder. The grid is so small that it takes a minute: the numbers
# mean nothing.

# %%
from pathlib import Path

from sweeper import Grid, figure, launch, plan, read_study, render, results, select, table

# %% [markdown]
# A grid: two models, two milestones of each training. `load_grid(path)` reads one from a file.

# %%
grid = Grid(
    name="example",
    experiment="example",
    datasets="dsprites",
    models=["vae", "l_vae"],
    axes={"network": "cnn", "batch_size": 16, "learning_rate": 1e-3, "iterations": [20, 40]},
    evaluation={"num_points": 500, "measures": ["cbd", "mig"]},
    select={"min_active": 0},  # so few steps leave no latent active
)
print(plan(grid).summary())

# %% [markdown]
# `launch` trains what is missing. Running this cell again trains nothing.

# %%
outcome = launch(grid)
print(outcome.exit_code, outcome.num_left)

# %% [markdown]
# Tidy results: a row for each run and score.

# %%
frame = results(grid="example")
best = frame[frame.measure == "cbd"].sort_values("value", ascending=False)
print(best[["dataset", "model", "iterations", "value"]].to_string(index=False))

# %% [markdown]
# The best configuration of each model, and the grid's table.

# %%
winners = select(by="cbd", grid="example")
print(winners[["dataset", "label", "iterations", "score"]].to_string(index=False))
print(render(table("example"), "md"))

# %% [markdown]
# Latents and training curves on demand, and a figure of the thesis: PNG, SVG and CSV.

# %%
study = read_study()
run = winners.run_ids[0]
print(study.latents(run).mu_NL.shape, sorted(study.trajectory(run))[:3])
print([path.name for path in figure("6.1", study, Path("figures"), grid="example")])
