"""Clients: random workloads, whose operations are recorded in a history."""
