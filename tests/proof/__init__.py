"""`make faults`: tests of the invariants of claims, with a fault at each call and with calls in many orders."""
