"""What reconcilers, operators and checkers share: ports, the schedule, the audit log, and the repair of one claim."""
