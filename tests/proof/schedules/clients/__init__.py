"""Clients of the service: visitors, account owners, operators and reconcilers, and the workload that starts them."""
