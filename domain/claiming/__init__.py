"""The steps of a claim that registering, claiming and repairing share."""
