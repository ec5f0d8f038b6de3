"""The inner steps of a claim, shared by registering, claiming and repairing."""
