"""In-memory adapters of the ports that do I/O. They copy values, are thread-safe, and pass the same contract suites."""
