"""The simulation: a scheduler in one thread, the service on it, its trace and its log."""
