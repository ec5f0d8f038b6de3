"""Checkers: compare a history and the final state with the invariants, and count excused losses."""
