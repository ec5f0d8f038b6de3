"""
The search for secrets: at the end of a run, logs, outputs, keys and rows must hold no secret that the tests used.

- `interception` notes each secret where it is made or sent, and `ledger` holds them.
- `watch` saves logs and the contents of servers.
- `secret_patterns` has the forms in which a secret may be written, and `search` looks for them.
- `plugin` searches at the end of each test process, and fails the run if it finds a secret.
"""
