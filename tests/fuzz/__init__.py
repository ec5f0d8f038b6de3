"""Schemathesis against a running service: everything that the OpenAPI document says, and much that it forbids."""
