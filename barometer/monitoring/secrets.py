"""The secrets of the settings, taken out of whatever is written down: a belt beside the braces of not saying them."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from barometer.settings import Settings

HIDDEN = "***"
SHORTEST = 4
"""Characters from which a secret is looked for (*ours*): a shorter one would blacken every other word."""


def secrets(settings: Settings) -> list[str]:
    """Return every secret that *settings* hold, as it may be written, the longest first."""
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
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, SecretStr):
            # Of several addresses in one setting each is a secret.
            yield from (value.get_secret_value(), *value.get_secret_value().split())
        elif isinstance(value, BaseModel):
            yield from _of(value)


def _of_address(database: str) -> Iterator[str]:
    try:
        address = make_url(database)
    except (ArgumentError, ValueError):
        yield database
        return
    told = address.query.get("password", ())
    yield from (str(one) for one in (address.password, *((told,) if isinstance(told, str) else told)) if one)
