"""Where people read: standard error, so that standard output stays clean for ``--json``."""

import atexit
import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import TextIO

from rich.console import Console
from rich.text import Text

stderr = Console(stderr=True, highlight=False)
"""Progress, warnings and tables for people."""

_errors_told_by: ContextVar[Callable[[str], None] | None] = ContextVar("errors_told_by", default=None)
NOWHERE_TO_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""What the system says where a disk, a quota or a limit is in the way of writing."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return *text* without control and direction characters: nothing a page holds may steer a terminal."""
    return _CONTROL.sub("\ufffd", text)


def json_text(value: object) -> str:
    """Return *value* as JSON on one line, in letters that standard output can carry."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


@contextmanager
def as_room_allows(stream: TextIO) -> Iterator[None]:
    """Let what cannot be written to *stream*, a log, for want of room wait in it until there is; at the end it is dropped.

    A full disk under the logs is no reason to end the work that they tell of.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NOWHERE_TO_WRITE:
            raise
        _drop_at_the_end(stream)


@cache
def _drop_at_the_end(stream: TextIO) -> None:
    def drop() -> None:
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    atexit.register(drop)


def plain_error(message: str) -> None:
    """Print *message* as one line on standard error, never as markup."""
    tell = _errors_told_by.get()
    if tell is not None:
        tell(message)
        return
    with suppress(OSError):
        sys.stderr.write(f"barometer: {printable(' '.join(message.split()))}\n")
        sys.stderr.flush()


def stderr_line(line: str) -> None:
    """Print *line* for people, never as markup."""
    stderr.print(Text(printable(" ".join(line.split()))), soft_wrap=True)


def errors_told_by(tell: Callable[[str], None]) -> None:
    """Let *tell* have what :func:`plain_error` would print: a log for programs has no other lines."""
    _errors_told_by.set(tell)
