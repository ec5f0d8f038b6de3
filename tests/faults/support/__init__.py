"""Helpers of the fault suites: proxies, processes that stop or die, clients that watch."""
