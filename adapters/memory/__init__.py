"""Twins of the ports that do I/O: by value, safe for threads, and held to the same contract as the real adapters."""
