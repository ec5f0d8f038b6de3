"""Faults: the nemesis that breaks servers, and the log of when it did."""
