"""Scenarios: short scripted runs, in which failpoints make each call fail in turn."""
