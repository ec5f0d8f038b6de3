"""The processes of the service: `quotes serve`, its child processes, and the loop of the reconciler."""
