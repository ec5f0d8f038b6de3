"""Calls: each view names what it takes, calls one use case, and returns the answer."""
