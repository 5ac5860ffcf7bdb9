"""What a check says: how it ended, what was found, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Health(StrEnum):
    """How a check ended; only ``fail`` keeps the barometer from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(NamedTuple):
    """One check: its name, how it ended, what was found, and what to do when it is not well."""

    name: str
    health: Health
    found: str
    remedy: str | None = None
