"""The ways in: settings, the command line, HTTP, and the place where everything is put together."""
