"""A store and a database for each simulation, in memory or on real servers, and how tests inspect both."""
