"""Accounts, claims and claimed quotes in a relational database."""
