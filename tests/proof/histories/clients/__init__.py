"""Clients: random workloads that record their operations in a history."""
