"""The HTTP contract: views parse, call a use case, and return; errors become problems in one table."""
