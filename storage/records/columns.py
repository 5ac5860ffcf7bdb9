"""Column types that keep their promise on SQLite and PostgreSQL alike: times, money, words, hostile text."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import DateTime, Dialect, Numeric, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

MONEY_DIGITS = 40
"""Characters that an exact number may take where it is kept as text (SQLite)."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def new_id() -> str:
    """Return a fresh primary key: 32 hexadecimal digits, random (UUID 4)."""
    return uuid4().hex


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """Return *moment* in UTC.

    Raises ``ValueError`` when it names no time zone: a naive time means another moment on every machine.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give an aware datetime, for example in UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} lies outside the years 1 to 9999 in UTC") from None


def exact(number: Decimal | int | str) -> Decimal:
    """Return *number* as a decimal written without exponent, of at most :data:`MONEY_DIGITS` characters.

    Raises ``ValueError`` for a float, which has already lost the exact value, and for what is no such number.
    """
    if isinstance(number, float):
        raise ValueError(f"{number!r} is a float and not exact; give a Decimal, for example Decimal('{number}')")
    try:
        decimal = Decimal(number)
    except ArithmeticError:
        raise ValueError(f"{number!r} is no decimal number") from None
    # An exponent is looked at before it is written out: 1E+999999999 would take a gigabyte.
    exponent = decimal.as_tuple().exponent
    if not isinstance(exponent, int) or max(abs(exponent), abs(decimal.adjusted())) > MONEY_DIGITS:
        raise ValueError(f"{number} is not finite, or longer than {MONEY_DIGITS} characters")
    digits = format(decimal.copy_abs() if decimal.is_zero() else decimal, "f")
    if len(digits) > MONEY_DIGITS:
        raise ValueError(f"{number} is longer than {MONEY_DIGITS} characters")
    return Decimal(digits)


def storable(text: str) -> str:
    """Return *text* with NUL and lone surrogates replaced by U+FFFD: pages hold both, databases refuse them."""
    return _UNSTORABLE.sub("\ufffd", text)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes go in, aware UTC datetimes come out; a naive one raises ``ValueError``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC for the driver."""
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the driver gave, aware and in UTC; SQLite keeps no zone, and what we store there is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number that comes back as it went in, trailing zeros included.

    SQLite has no decimals, so it keeps the digits as text: compare and sort there in Python, not in SQL.
    """

    impl = Numeric(asdecimal=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type the database really has."""
        text = dialect.name == "sqlite"
        return dialect.type_descriptor(String(MONEY_DIGITS) if text else Numeric(asdecimal=True))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Return the digits for the driver."""
        if value is None:
            return None
        number = exact(value)
        return format(number, "f") if dialect.name == "sqlite" else number

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return what the driver gave, as a ``Decimal``."""
        return None if value is None else Decimal(value)


class PageText(TypeDecorator[str]):
    """Text of any length and origin; what no database can hold is replaced (see :func:`storable`)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return *value* for the driver."""
        return None if value is None else storable(value)
