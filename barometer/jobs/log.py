"""The log of a job: one file that is put aside when it has become large."""

from contextlib import suppress
from pathlib import Path

LARGEST = 5_000_000
"""Bytes from which a log is put aside before the job begins again (*ours*)."""
KEPT = 3
"""Logs kept besides the one in use (*ours*)."""


def rotate(log: Path, largest: int = LARGEST) -> None:
    """Put *log* aside as ``NAME.log.1``, those before it one number further, if it holds more than *largest* bytes.

    Raises ``OSError`` where that is not allowed. Another scheduler may do the same meanwhile: a file that is gone is put aside.
    """
    try:
        if log.stat().st_size <= largest:
            return
    except FileNotFoundError:
        return
    for number in range(KEPT, 0, -1):
        source = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        with suppress(FileNotFoundError):
            source.replace(log.with_name(f"{log.name}.{number}"))
