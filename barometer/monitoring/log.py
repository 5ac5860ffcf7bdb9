"""The log of what runs by itself: sentences for people, or one JSON object a line for journald, Loki and the like.

Whoever has something to say calls a plain ``tell(line)``. What the line is about is bound around it, once, by :func:`about`; a
person reads the line alone, a program the keys as well. Nothing of a page, a mail or a name can end a line or steer a terminal,
and no secret of the settings passes.
"""

import json
import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter

from barometer.cli.console import errors_told_by, printable
from barometer.monitoring.events import EVENTS
from barometer.monitoring.secrets import hidden, secrets
from barometer.settings import Settings

Tell = Callable[[str], None]
Line = MutableMapping[str, Any]

FORMAT_VARIABLE = "BAROMETER_LOGS__FORMAT"
LONGEST = 8000
"""Characters of one value (*ours*): the journal cuts a line at 48,000 bytes, and half an object is none."""
_OURS = "barometer"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@contextmanager
def about(event: str | None = None, **keys: object) -> Iterator[None]:
    """Let what is told meanwhile be of the kind *event* and carry *keys* and those of the blocks around; ``None`` is left out."""
    given = {key: value for key, value in keys.items() if value is not None}
    with bound_contextvars(**given, **({"event": event} if event else {})):
        yield


def about_all(**keys: object) -> None:
    """Let whatever this process tells from here on carry *keys*, the error that may end it as well."""
    bind_contextvars(**keys)


def teller(settings: Settings, otherwise: Tell) -> Tell:
    """Return what writes a line to the log of *settings*: *otherwise* for people, JSON on standard error for programs.

    With JSON, what libraries warn of, errors that end the command and tracebacks become lines of the same kind, and the
    processes that this one starts do as it does.
    """
    least = _LEVELS[settings.logs.level]
    if as_json(settings):
        _begin_json(settings, least)
        return _tell
    known = secrets(settings)

    def tell(line: str) -> None:
        if _level() >= least:
            otherwise(hidden(line, known))

    return tell


def as_json(settings: Settings) -> bool:
    """Tell whether the log is for programs: where the settings say so, or leave it open and the journal reads."""
    if settings.logs.format == "auto":
        return _journal_reads()
    return settings.logs.format == "json"


def sentence(line: str) -> str:
    """Return what a line of a log says to people, whichever way it was written."""
    try:
        told = json.loads(line) if line.startswith("{") else None
    except ValueError:
        told = None
    said = told.get("said") if isinstance(told, dict) else None
    return said if isinstance(said, str) else line.removeprefix("barometer: ")


def _journal_reads() -> bool:
    """Tell whether standard error leads to systemd's journal itself (systemd.exec(5)): shells inherit the variable as well."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _begin_json(settings: Settings, least: int) -> None:
    os.environ[FORMAT_VARIABLE] = "json"
    known = secrets(settings)

    def without_secrets(_: object, __: str, line: Line) -> Line:
        return {key: hidden(value, known) for key, value in line.items()}

    shared = [merge_contextvars, structlog.stdlib.add_log_level]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _of_a_library],
            processors=[
                ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, without_secrets, _cut,
                _in_order, structlog.processors.JSONRenderer(serializer=_one_line),
            ],
        )
    )  # fmt: skip
    # Scrapy's loggers have levels of their own, so that the root's does not hold for them.
    handler.addFilter(lambda record: record.name == _OURS or record.levelno >= max(least, logging.WARNING))
    logging.root.handlers = [handler]
    logging.getLogger(_OURS).setLevel(least)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger,
    )  # fmt: skip
    errors_told_by(_tell_error)
    sys.excepthook = _tell_defect


def _tell(line: str) -> None:
    word = str(get_contextvars().get("event", "said"))
    structlog.get_logger(_OURS).log(_level(), word, said=" ".join(line.split()))


def _tell_error(line: str) -> None:
    with about("error"):
        _tell(line)


def _tell_defect(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, at)
        return
    structlog.get_logger(_OURS).error("defect", said=f"{kind.__name__}: {error}", exc_info=(kind, error, at))


def _level() -> int:
    return _LEVELS[EVENTS[str(get_contextvars().get("event", "said"))].level]


def _of_a_library(_: object, __: str, line: Line) -> Line:
    return {**line, "event": "library", "said": line.get("event", "")}


def _cut(_: object, __: str, line: Line) -> Line:
    """Shorten what is long, and take out what would steer a terminal that shows a value."""
    return {key: printable(value)[:LONGEST] if isinstance(value, str) else value for key, value in line.items()}


def _in_order(_: object, __: str, line: Line) -> Line:
    """Put the keys that every line has before and behind its own."""
    from storage.records import utc_now

    first = {"time": f"{utc_now():%Y-%m-%dT%H:%M:%S.%fZ}"}
    first |= {key: line.pop(key, "") for key in ("level", "event", "said")}
    return {**first, **dict(sorted(line.items())), "host": _host(), "pid": os.getpid()}


def _one_line(value: object, **_: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stderr.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, default=str)
    return text


@cache
def _host() -> str:
    return re.sub(r"[^\w.-]", "", socket.gethostname())
