"""The format of a log line, the same for every process of the service."""

from __future__ import annotations

import logging
import time

LINE = "%(asctime)s %(process)d %(levelname)s %(name)s [%(request_id)s] %(message)s"


class LineFormatter(logging.Formatter):
    """Formats a log line, with its time in UTC and the id of its request (`-` without a request)."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = getattr(record, "request_id", "-")
        return super().format(record)
