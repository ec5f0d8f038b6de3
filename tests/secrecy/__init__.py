"""
At the end of a run, all that the service left behind is searched for every secret that the tests used.

`ledger` knows the secrets, `hearing` notes them where they are made or sent, `watch` keeps what logs and servers say,
`search` looks through it, and `plugin` does that at the end of each test process and fails the run.
"""
