"""Test doubles in place of adapters, and the in-memory adapters with switches for faults."""
