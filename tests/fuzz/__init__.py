"""Schemathesis against a running service: the calls that the OpenAPI document defines, and many that it forbids."""
