"""The core of Quotehold: what a quote, an account and a claim are, and what may be done with them."""
