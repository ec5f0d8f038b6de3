"""Settings: declared once as a table, read from the environment once, and checked when the service starts."""
