"""What a visitor can do with a quote: one use case a file, each a frozen set of ports that is called."""
