"""Twins of every port, in memory: by value, safe for threads, and held to the same contract as the real adapters."""
