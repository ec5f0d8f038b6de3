"""The layer between the web server and the calls: the worker, its configuration, hooks, deadlines, logs."""
