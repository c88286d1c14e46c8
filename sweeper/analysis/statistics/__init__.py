"""Statistics of scores: plain numbers in, plain numbers out. docs/winners.md states each."""
