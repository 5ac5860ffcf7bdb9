"""Where people read: standard error, so that standard output stays clean for ``--json``."""

import json
import re
import sys
from contextlib import suppress

from rich.console import Console

stderr = Console(stderr=True, highlight=False)
"""Progress, warnings and tables for people."""

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


def plain_error(message: str) -> None:
    """Print *message* as one line on standard error, never as markup."""
    with suppress(OSError):
        sys.stderr.write(f"barometer: {printable(' '.join(message.split()))}\n")
        sys.stderr.flush()
