"""Logs as JSON, a line for each event. No message of this package has names of patients, and none is added."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys

__all__ = ["JsonLines", "logging_to"]


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, whatever is in its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write it."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            # The kind only: messages of exceptions may quote what was in a data set.
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=True)


def logging_to(path: str | None, level: str) -> logging.Handler:
    """Send the log of this package to a file, or to standard error; other packages' logs stay out."""
    handler: logging.Handler = (
        logging.FileHandler(path, encoding="utf-8") if path else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(JsonLines())
    own = logging.getLogger("hounsfield")
    own.setLevel(level.upper())
    own.addHandler(handler)
    own.propagate = False
    return handler
