"""What is read from a request: body, headers, secrets, pages."""
