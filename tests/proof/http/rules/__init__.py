"""The rules of the state machine: calls of visitors and owners, refusals, and faults."""
