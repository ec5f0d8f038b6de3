"""Rate limits: which limit a call counts against, and the counting."""
