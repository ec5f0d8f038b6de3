"""
The search for secrets: at the end of a run, logs, outputs, keys and rows must hold no secret that the tests used.

`interception` notes each secret where it is made or sent, `ledger` holds them, `watch` saves logs and the contents of
servers, `secret_patterns` are the forms that a secret may be written in, `search` looks for these, and `plugin` does
that at the end of each test process and fails the run.
"""
