"""Calls: each view declares its input, calls one use case, and returns the answer."""
