"""`make bench`: what a request, a round trip and a quote cost, with a plain NestJS service beside it. Linux only."""
