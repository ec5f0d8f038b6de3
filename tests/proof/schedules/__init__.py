"""Simulation of claims in one thread: failpoints, random schedules by seed, and mutants that they must find."""
