"""RealService servers for the tests, each for as long as a block runs."""
