"""Everything that an entrypoint can ask of the core: one use case a file, each a frozen set of ports that is called."""
