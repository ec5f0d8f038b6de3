"""Test doubles: what only tests need in place of an adapter, and fault switches around the in-memory adapters."""
