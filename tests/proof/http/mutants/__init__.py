"""Mutants: bugs planted in the running service, which the state machine must find."""
