"""Helpers that several suites share: the service in each of its forms, backends, cases, clients."""
