"""Visits as files: every record of one look at one site as JSON, written in one way only and read back without trust.

``barometer-visit/1`` holds the records as they are stored (``storage/records/``), by the names of their columns. Texts come
from pages, so a file is checked like any other hostile input before it becomes records again.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from sqlalchemy import JSON, Column, String, TypeDecorator

from barometer.audit_files import RESULT_FILE, VISIT_FILE, json_file
from barometer.errors import UserError
from spiders.reading import SiteReading
from storage.records import Click, Page, PageState, Record, Sighting, Visit
from storage.vocabulary import Channel, Profile

SCHEMA = "barometer-visit/1"
"""Names the shape of a visit file; a key that changes its meaning changes this."""
MAX_VISIT_BYTES = 64_000_000
"""Largest visit file read, in bytes (*ours*)."""
MAX_RECORDS = 200_000
"""Most records of one kind in a visit file (*ours*)."""

Json = dict[str, Any]

_LISTS: dict[str, type[Record]] = {"pages": Page, "clicks": Click, "sightings": Sighting, "states": PageState}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{32}")
_BIGGEST = 2**62


def visit_json(readings: Sequence[SiteReading]) -> str:
    """Return *readings* as the text of a visit file, one as an object, several (one a profile) as an array.

    Records keep their order, keys and times are written in one way: the same readings give the same text.
    """
    written = [_written(reading) for reading in readings]
    return json_file(written[0] if len(written) == 1 else written)


def read_visits(text: bytes, name: str) -> list[SiteReading]:
    """Return the readings that *text*, the content of the file *name*, was written from.

    Raises :class:`UserError` when it is broken, of another schema, or holds what no visit can.
    """
    if len(text) > MAX_VISIT_BYTES:
        raise _refused(name, f"larger than {MAX_VISIT_BYTES // 1_000_000} MB")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _refused(name, "too deeply nested" if isinstance(error, RecursionError) else str(error)) from None
    entries = found if isinstance(found, list) else [found]
    if not 1 <= len(entries) <= len(Profile):
        raise _refused(name, "it must hold one visit a profile")
    try:
        readings = [_read(entry) for entry in entries]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _refused(name, str(error)) from None
    if len({reading.visit.profile for reading in readings}) < len(readings):
        raise _refused(name, "two visits of one profile")
    return readings


def read_visit_file(file: Path) -> list[SiteReading]:
    """Return the readings in *file*; raises :class:`UserError` where it cannot be read or holds none."""
    try:
        with file.open("rb") as stream:
            return read_visits(stream.read(MAX_VISIT_BYTES + 1), str(file))
    except FileNotFoundError:
        raise UserError(
            f"{file.parent}: no {VISIT_FILE} in it", f"give a folder of barometer audit --out that holds {VISIT_FILE}"
        ) from None
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}", "give a folder that can be read") from None


def moment(at: datetime | None) -> str | None:
    """Return *at* as a visit file has it: UTC, ISO 8601, to the microsecond."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _written(reading: SiteReading) -> Json:
    lists: dict[str, Sequence[Record]] = {
        "pages": reading.pages,
        "clicks": reading.clicks,
        "sightings": reading.sightings,
        "states": reading.states,
    }
    return {
        "schema": SCHEMA,
        "visit": _record_json(reading.visit),
        **{name: [_record_json(record) for record in records] for name, records in lists.items()},
    }


def _record_json(record: Record) -> Json:
    return {key: _plain(getattr(record, key)) for key in _columns(type(record))}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if isinstance(value, StrEnum | Decimal) else value


def _columns(kind: type[Record]) -> dict[str, Column[Any]]:
    """Return the columns of a record by name; the visit's own key is written once, with the visit."""
    return {name: cast(Column[Any], column) for name, column in kind.__table__.columns.items() if name != "visit_id"}


def _read(entry: object) -> SiteReading:
    if not isinstance(entry, dict) or entry.get("schema") != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    visit = _record(Visit, entry.get("visit"), "visit")
    if visit.finished_at is None:
        raise ValueError("visit: it was never closed")
    lists = {name: _records(kind, entry.get(name), name, visit.id) for name, kind in _LISTS.items()}
    return SiteReading(visit, lists["pages"], lists["clicks"], lists["sightings"], states=lists["states"])


def _records(kind: type[Record], entries: object, name: str, visit_id: str) -> list[Any]:
    if not isinstance(entries, list) or len(entries) > MAX_RECORDS:
        raise ValueError(f"{name}: a list of at most {MAX_RECORDS} records is wanted")
    records = [_record(kind, entry, f"{name}/{at}", visit_id=visit_id) for at, entry in enumerate(entries)]
    if len({record.id for record in records}) < len(records):
        raise ValueError(f"{name}: two records of one key")
    return records


def _record(kind: type[Any], entry: object, where: str, **more: str) -> Any:
    """Return the record that *entry* describes; unknown keys are left alone, a column that has a default may be missing."""
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: an object is wanted")
    values: Json = dict(more)
    for name, column in _columns(kind).items():
        if name in entry:
            try:
                values[name] = _value(column, entry[name])
            except (ValueError, TypeError, OverflowError) as error:
                raise ValueError(f"{where}/{name}: {error}") from None
        elif name == "id":
            raise ValueError(f"{where}/id is missing")
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{where}: {str(error).partition('() ')[2] or error}") from None


def _value(column: Column[Any], given: Any) -> Any:
    """Return *given* as the column holds it; raises ``ValueError`` for anything else."""
    if given is None:
        if not column.nullable:
            raise ValueError("null is none")
        return None
    stored = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(stored, JSON):
        return _structure(column.name, given)
    wanted = stored.python_type
    if wanted is float and isinstance(given, int) and not isinstance(given, bool):
        given = float(given)
    expected = str if issubclass(wanted, str | datetime | Decimal) else wanted
    if type(given) is not expected:
        raise ValueError(f"{type(given).__name__} instead of {expected.__name__}")
    if isinstance(given, str):
        return _text(column, wanted, given)
    if isinstance(given, int | float) and not abs(given) <= _BIGGEST:
        raise ValueError("the number is too large")
    return given


def _text(column: Column[Any], wanted: type, given: str) -> Any:
    if wanted is datetime:
        at = datetime.fromisoformat(given)
        if at.utcoffset() is None:
            raise ValueError("a time without a time zone")
        return at.astimezone(UTC)
    if isinstance(column.type, String) and wanted is str:
        pattern = {64: _SHA256, 32: _KEY}.get(column.type.length or 0)
        if pattern is not None and not pattern.fullmatch(given):
            raise ValueError(f"no key of {column.type.length} hexadecimal digits")
    return given


def _structure(name: str, given: Any) -> Any:
    """Return the list or object of a JSON column, its parts checked where the tool reads them."""
    wanted, check, complaint = _STRUCTURES[name]
    if type(given) is not wanted:
        raise ValueError(f"{type(given).__name__} instead of {wanted.__name__}")
    if not check(given):
        raise ValueError(complaint)
    return given


def _is_box(given: list[Any]) -> bool:
    return len(given) == 4 and all(
        isinstance(edge, int | float) and not isinstance(edge, bool) and math.isfinite(edge) and abs(edge) < 1e9
        for edge in given
    )


def _is_texts(given: list[Any]) -> bool:
    return all(isinstance(text, str) for text in given)


def _is_pairs(given: list[Any]) -> bool:
    return all(isinstance(pair, list) and len(pair) == 2 and _is_texts(pair) for pair in given)


def _is_channels(given: list[Any]) -> bool:
    return all(isinstance(word, str) and word in Channel.__members__.values() for word in given)


def _is_search(given: Json) -> bool:
    levels = [given.get(key) for key in ("proven", "complete", "sample", "robots")]
    numbers = all(level is None or (type(level) is int and abs(level) < _BIGGEST) for level in levels)
    channels = given.get("channels", [])
    return numbers and isinstance(channels, list) and _is_channels(channels)


_STRUCTURES: dict[str, tuple[type, Callable[[Any], bool], str]] = {
    "box": (list, _is_box, "four finite numbers are wanted"),
    "headers": (list, _is_pairs, "pairs of texts are wanted"),
    "warnings": (list, _is_texts, "texts are wanted"),
    "looked_for": (list, _is_channels, "channels are wanted"),
    "search": (dict, _is_search, "its channels are none of the twelve, or its levels no numbers"),
    "consent": (dict, bool, "what was closed is wanted"),
    "age_gate": (dict, bool, "what was closed is wanted"),
}
"""How the JSON columns of the records of a visit are built."""


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _refused(name: str, why: str) -> UserError:
    said = " ".join(why.split())[:300]
    return UserError(
        f"{name}: not a visit file: {said}", f"write it again: barometer audit URL --out DIR ({RESULT_FILE})"
    )
