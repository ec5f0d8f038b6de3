"""Settings: declared in one table, read from the environment once, and checked at the start."""
