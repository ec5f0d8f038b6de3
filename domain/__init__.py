"""The core of Quotehold: quotes, accounts and claims, and their use cases."""
