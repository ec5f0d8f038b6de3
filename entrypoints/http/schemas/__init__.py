"""The schemas of request bodies and answers."""
