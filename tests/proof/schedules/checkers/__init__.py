"""The invariants, and the checkers that compare each step, each answer and the end state with them."""
