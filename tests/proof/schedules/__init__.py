"""People at a quote, in every order and with every fault: failpoints, random schedules, and bugs planted for them."""
