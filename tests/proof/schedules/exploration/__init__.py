"""Exploration: random schedules by seed, failpoints in turn, and shrinking of each failure."""
