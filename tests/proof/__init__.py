"""`make faults`: the promises about claims, tried at every point and in every order that we can think of."""
