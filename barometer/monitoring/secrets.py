"""The secrets of the settings, taken out of whatever is written down: a belt beside the braces of not saying them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from barometer.settings import Settings

HIDDEN = "***"
SHORTEST = 4
"""Characters from which a secret is looked for (*ours*): a shorter one would blacken every other word."""
_FILE = "_file"
_LONGEST_FILE = 100_000


def secrets(settings: Settings) -> list[str]:
    """Return every secret that *settings* hold, or name a file of, as it may be written, the longest first.

    A file that cannot be read has none; whoever needs it says so.
    """
    found = {*_of(settings), *_of_address(settings.database)}
    written = {form for one in found for form in (one, quote(one, safe=""), quote_plus(one))}
    return sorted((one for one in written if len(one) >= SHORTEST), key=lambda one: (-len(one), one))


def hidden(value: Any, known: Sequence[str]) -> Any:
    """Return *value*, a text or plain values that hold texts, without any of the secrets *known*."""
    if isinstance(value, str):
        for one in known:
            value = value.replace(one, HIDDEN)
        return value
    if isinstance(value, dict):
        return {key: hidden(inner, known) for key, inner in value.items()}
    return [hidden(inner, known) for inner in value] if isinstance(value, list | tuple) else value


def _of(table: BaseModel) -> Iterator[str]:
    fields = type(table).model_fields
    for name in fields:
        value = getattr(table, name)
        if isinstance(value, SecretStr):
            # Of several addresses in one setting each is a secret.
            yield from (value.get_secret_value(), *value.get_secret_value().split())
        elif isinstance(value, BaseModel):
            yield from _of(value)
        elif isinstance(value, Path) and name.endswith(_FILE) and name.removesuffix(_FILE) in fields:
            lines = _lines(value)
            # Addresses stand one a line; of the file of a password only the first line is one.
            yield from lines if name == f"urls{_FILE}" else lines[:1]


def _lines(file: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError), file.open(encoding="utf-8") as text:
        return [line.strip() for line in text.read(_LONGEST_FILE).splitlines() if not line.startswith("#")]
    return []


def _of_address(database: str) -> Iterator[str]:
    try:
        address = make_url(database)
    except (ArgumentError, ValueError):
        yield database
        return
    yield str(address.password or "")
    for key, told in address.query.items():
        if key.lower().endswith("password"):
            yield from (told,) if isinstance(told, str) else told
