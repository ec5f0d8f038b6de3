"""In-memory adapters of the ports that do I/O: by value, thread-safe, and held to the contract of the real adapters."""
