"""`make faults`: what was promised of claims, tried at every point and in every order that we can think of."""
