"""Faults: the calls of ports that can fail, and the nemesis that disturbs quotes and servers."""
