"""
A state machine over HTTP: every call of this version, at its right and wrong moments, against a model of api.md.

The model (`answers`, `values`, `allowed`, `model`) is written beside api.md and asks nothing of the service. `stand` is
the service with its servers, `judge` compares an answer with the model, `acts` does both. The `*_rules` are what can
happen; `machine` puts them together and says what is always true; `report` runs it; `planted` are bugs that it finds.
"""
