"""
A state machine over HTTP: every call of the contract, at right and wrong moments, against a model of it.

The contract is docs/contract.md with docs/openapi.json. `model` is written from it and calls nothing of the service.
`harness` holds the service over in-memory adapters, and compares its answers with the model. `rules` are the steps that
Hypothesis chooses from; `machine` adds the invariants; `report` runs it; `mutants` are bugs that it must find.
"""
