"""Searches by ask and tell. The only package that imports Optuna.

searcher: a search, its questions and answers.  choose: samplers and pruners by name.
suggest: a space in Optuna's terms.  journal: the file that a search is kept in.
evolution: CMA-ES without pickles."""

from search_spaces.samplers.by_name import PRUNERS, SAMPLERS
from search_spaces.samplers.journal import ChangedSearch
from search_spaces.samplers.search import Searcher, State, Tried, read_tried

__all__ = ["PRUNERS", "SAMPLERS", "ChangedSearch", "Searcher", "State", "Tried", "read_tried"]
