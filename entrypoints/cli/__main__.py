"""`python -m entrypoints.cli`: the same as the command `quotes`."""

from entrypoints.cli.main import main

main()
