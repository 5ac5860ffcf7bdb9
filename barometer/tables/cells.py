"""Values as cells of a spreadsheet: no control or direction characters, and nothing that could run as a formula."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from barometer.cli.console import printable

_BLANK = r"[\s\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff\u00a8\u00b4\u2018-\u201f\u2039\u203a\u00ab\u00bb'\"`]*"
"""What may stand before a formula sign and be overlooked: blanks of all kinds, quotation marks, invisible characters."""
_SIGN = r"[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20\u207a-\u207c\u208a-\u208c]"
"""What a spreadsheet may take for the beginning of a formula, full-width, small and raised forms included."""
_BEGINS = re.compile(f"{_BLANK}{_SIGN}|[\t\r\n]")
_AFTER_A_BREAK = re.compile(rf"([;\t\r\n])(?={_BLANK}{_SIGN})")


def legible(text: str) -> str:
    """Return *text* with plain line breaks, and with U+FFFD for control and direction characters."""
    return printable(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


def begins_like_a_formula(text: str) -> bool:
    """Tell whether a spreadsheet might take *text* for a formula when it stands alone in a cell."""
    return _BEGINS.match(text) is not None


def guarded(text: str) -> str:
    """Return *text* as a cell of a comma-separated file: an apostrophe stands before whatever might run.

    That is the beginning, and what follows a semicolon, a tab or a line break, since a spreadsheet that separates by these (a
    French one does by semicolons) would begin another cell there. Control and direction characters become U+FFFD.
    """
    text = legible(text)
    if ";" in text or "\n" in text or "\t" in text:
        text = _AFTER_A_BREAK.sub(r"\1'", text)
    return f"'{text}" if _BEGINS.match(text) else text


def json_cell(value: Any) -> str:
    """Return *value* as JSON on one line, keys in order; what no file can hold (half characters) is escaped."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def moment_cell(moment: datetime) -> str:
    """Return *moment* in UTC as ISO 8601, to the microsecond, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
