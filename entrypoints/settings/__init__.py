"""Settings: one table, read from the environment once, checked at boot, wrong in one line."""
