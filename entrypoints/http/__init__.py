"""The HTTP contract: views parse a request and call one use case; one table turns errors into problems."""
