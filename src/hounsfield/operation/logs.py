"""Logs as JSON, a line for each event, without names of patients.

No message of this package has them, and none is added. Messages of other packages, warnings and exceptions may quote
what is in a data set: of those only the kind and the place are logged.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["JsonLines", "logging_to"]

# Whose messages are told as they are: this package's, and those of the server, which knows nothing of DICOM.
_TRUSTED = ("hounsfield", "uvicorn")
_LOG = logging.getLogger("hounsfield.operation")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, whatever is in its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write it."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        trusted = record.name.partition(".")[0] in _TRUSTED
        line = {
            "time": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if trusted else "its words are left out, since they may name a patient",
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["place"] = _place(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def _place(found: Any) -> str:
    """Say where an exception was raised: file and line, without the words of either."""
    frames = traceback.extract_tb(found[2])
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""


@contextlib.contextmanager
def logging_to(path: str | None, level: str) -> Iterator[logging.Handler]:
    """Send all logs to a file, or to standard error, until the end of the block; warnings are left out.

    The file may be renamed by ``logrotate``; a new one is begun then.
    """
    from logging.handlers import WatchedFileHandler

    handler: logging.Handler = WatchedFileHandler(path, encoding="utf-8") if path else logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root, own = logging.getLogger(), logging.getLogger("hounsfield")
    before = root.level, own.level, threading.excepthook
    handlers = root.handlers[:]
    for other in handlers:
        root.removeHandler(other)
    handler.addFilter(lambda record: _wanted(record, own.level))
    root.addHandler(handler)
    own.setLevel(level.upper())
    logging.captureWarnings(True)  # noqa: FBT003 - the signature of Python
    threading.excepthook = _ended
    try:
        yield handler
    finally:
        threading.excepthook = before[2]
        logging.captureWarnings(False)  # noqa: FBT003 - the signature of Python
        root.setLevel(before[0])
        own.setLevel(before[1])
        root.removeHandler(handler)
        for other in handlers:
            root.addHandler(other)
        handler.close()


def _wanted(record: logging.LogRecord, level: int) -> bool:
    """Let through what this package says at its level, and errors of others."""
    own = record.name.partition(".")[0] == "hounsfield"
    return record.levelno >= (level if own else max(level, logging.ERROR))


def _ended(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None:
        error = (found.exc_type, found.exc_value, found.exc_traceback)
        _LOG.error("a thread ended by an error of this program", exc_info=error)
