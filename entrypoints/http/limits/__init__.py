"""Rate limits: the limit of each call, and the counting."""
