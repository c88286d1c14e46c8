"""How fast, against what: every claim about speed as a ratio taken side by side in one run.

    python -m benchmarks            all of it, on the CPU: a Markdown page in benchmarks/results/
    python -m benchmarks.step       one page alone; each module here is such a page

Nothing here is imported by the packages, and no test asserts a time."""
