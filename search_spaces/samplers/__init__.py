"""Searches by ask and tell. The only package that imports Optuna.

search: a search and its trials.  by_name: samplers and pruners by name.  distributions: a space in
Optuna's terms.  journal: the file that stores a search.  cma_es: CMA-ES without pickles."""

from search_spaces.samplers.by_name import PRUNERS, SAMPLERS
from search_spaces.samplers.journal import SearchMismatch
from search_spaces.samplers.search import Search, Trial, TrialState, read_trials

__all__ = ["PRUNERS", "SAMPLERS", "SearchMismatch", "Search", "TrialState", "Trial", "read_trials"]
