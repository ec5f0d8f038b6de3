"""Parts of the access matrix: its table, the secrets, the actors, the inspected service."""
