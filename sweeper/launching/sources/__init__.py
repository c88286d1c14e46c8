"""Where the trainings of a launch come from: a plan, or a search.

source: the interface.  plan: a grid's full product.  search: points proposed while others train."""
