"""Helpers of the contract suites: the backends that they run on, and builders of their data."""
