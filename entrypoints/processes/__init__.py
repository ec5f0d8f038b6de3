"""The processes of the service: who starts, watches and stops them, and the loop of the reconciler."""
