"""Real servers for the tests, each for the length of a block."""
