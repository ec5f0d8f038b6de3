"""Exploration: random schedules by seed, failpoints in turn, and shrinking of those that break an invariant."""
