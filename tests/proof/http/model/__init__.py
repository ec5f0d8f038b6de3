"""The model of the contract: accounts, sessions and quotes, and the answers that each call may get."""
