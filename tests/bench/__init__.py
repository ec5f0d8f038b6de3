"""`make bench`: the cost of requests, round trips and stored quotes, beside a plain NestJS service. Linux only."""
