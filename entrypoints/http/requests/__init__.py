"""Readers of a request: body, headers, secrets, pages of lists."""
