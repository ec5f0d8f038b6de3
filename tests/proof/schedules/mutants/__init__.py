"""Mutants: bugs planted in a copy of the project, and the search that must find them."""
