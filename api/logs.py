"""The log: one line per happening on standard error, for people on a terminal and as JSON elsewhere.

A line names routes, ids and durations, never an address asked for, a body, a query, a name or a key. So an
exception is told as its kind and the lines of code it came through: its words may repeat what somebody sent.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

from oms.settings import Settings

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request at hand, in threads that work for it too."""

ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids that a proxy or a client may choose: nothing in them that a log or a header would have to escape."""


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, request_id, and whatever the line is about."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return orjson.dumps(_members(record)).decode()


class Words(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, with the way of an exception below it."""
        said = _members(record)
        way = said.pop("raised", None)
        at, level, message = said.pop("at"), said.pop("level"), said.pop("message")
        said.pop("logger")
        rest = " ".join(f"{name}={value}" for name, value in said.items())
        line = f"{at[11:23]} {level:<7} {message} {rest}".rstrip()
        return line if way is None else "\n".join([line, *(f"    {step}" for step in way)])


access = logging.getLogger("anyshelf.access")


def answered(answers: Sequence[dict[str, Any]]) -> None:
    """A line for each answer; `at` and `request_id` are among what is told of it.

    As JSON and to one place only, as a server writes it, they take a short way to the same words: the way
    through `logging` costs as much as a small answer.
    """
    handlers = logging.root.handlers
    handler = handlers[0] if len(handlers) == 1 else None
    if isinstance(handler, _Stream) and not access.handlers:
        handler.put([orjson.dumps(_ANSWERED | about) for about in answers])
        return
    for about in answers:
        access.info("answered", extra={"about": about})


_ANSWERED = {"at": "", "level": "info", "logger": access.name, "message": "answered"}


class _Stream(logging.StreamHandler[TextIO]):
    """What `configure` sends JSON lines to."""

    def put(self, lines: Sequence[bytes]) -> None:
        """Write lines, all at once."""
        if lines:
            with self.lock or nullcontext():
                self.stream.write(b"\n".join([*lines, b""]).decode())
                self.flush()


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every logger of this process to standard error, or another stream, as the settings say."""
    to = stream or sys.stderr
    words = settings.log_format == "text" or (settings.log_format is None and to.isatty())
    handler = logging.StreamHandler(to) if words else _Stream(to)
    handler.setFormatter(Words() if words else JsonLines())
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line names them
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for own in ("anyshelf", "api", "oms", "inventory"):
        logging.getLogger(own).setLevel(settings.log_level.upper())


def way_of(error: BaseException) -> list[str]:
    """The kinds of an exception and of those it came from, and the lines of code, innermost last."""
    steps: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        state = getattr(seen, "sqlstate", None)
        kind = f"{type(seen).__module__}.{type(seen).__qualname__}"
        steps.append(f"{kind} (SQLSTATE {state})" if state else kind)
        steps.extend(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return steps


def _members(record: logging.LogRecord) -> dict[str, Any]:
    """What every line has, and what this one is about."""
    said: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    request_id = REQUEST_ID.get()
    if request_id:
        said["request_id"] = request_id
    said.update(getattr(record, "about", {}))
    if record.exc_info and record.exc_info[1] is not None:
        said["raised"] = way_of(record.exc_info[1])
    return said
