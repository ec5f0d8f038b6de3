"""Histories made by hand for the tests of the checkers."""
