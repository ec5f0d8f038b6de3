"""The steps and values of repairs: ports, the schedule, the audit log, and the repair of one claim."""
