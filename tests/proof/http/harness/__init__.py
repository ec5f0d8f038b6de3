"""The harness: the service over in-memory adapters, calls to it, and the checker of their answers."""
