"""The panel: the merchants that are measured, kept in the database, filled from files and written back to them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.panel_columns import Value, columns, value_of
from barometer.panel_csv import csv_text
from barometer.panel_file import Row
from barometer.site_address import site_key, site_url
from storage.records import Merchant

KEYS_AT_ONCE = 500
"""Merchants looked up with one question (*ours*: SQLite takes at most 32,766 values in one)."""
MIN_TO_RANK = 3
"""Merchants that a category needs before it can be ranked (method, section 4)."""


class Change(NamedTuple):
    """A merchant that a file changes, and the columns that differ."""

    key: str
    columns: tuple[str, ...]


class Import(NamedTuple):
    """What an import does: keys of new merchants, changed ones, and how many stay as they were."""

    new: list[str]
    changed: list[Change]
    unchanged: int


def import_rows(session: Session, rows: Sequence[Row], country: str) -> Import:
    """Bring *rows* into the panel and return what that changed.

    A merchant that is not there yet is added, in *country* where its row names none; of one that is there, the columns
    of the row are replaced and all others left alone. Doing it twice changes nothing the second time.
    """
    done = Import([], [], 0)
    unchanged = 0
    for start in range(0, len(rows), KEYS_AT_ONCE):
        part = rows[start : start + KEYS_AT_ONCE]
        known = {merchant.key: merchant for merchant in _with_keys(session, [row.key for row in part])}
        for row in part:
            merchant = known.get(row.key)
            if merchant is None:
                session.add(_new_merchant(row, country))
                done.new.append(row.key)
                continue
            changed = _change(merchant, row.values)
            if changed:
                done.changed.append(Change(row.key, changed))
            else:
                unchanged += 1
        session.flush()
    return done._replace(unchanged=unchanged)


def merchants(session: Session, category: str | None = None, keys: Collection[str] | None = None) -> list[Merchant]:
    """Return the panel by category, drawn order and key; only *category* (any case), only *keys*, where given.

    Raises :class:`UserError` when there is no such category, or when one of *keys*, an address or a key, is not there.
    """
    found = sorted(session.scalars(select(Merchant)), key=_place)
    if category is not None:
        found = [one for one in found if (one.category or "").casefold() == category.strip().casefold()]
        if not found:
            known = ", ".join(sorted(_categories(session))[:20]) or "none yet"
            raise UserError(f"the panel has no category '{category}'", f"known are: {known}")
    return found if keys is None else _only(found, keys)


def countries(session: Session) -> dict[str, str]:
    """Return the country of every merchant by its key."""
    return {key: country for key, country in session.execute(select(Merchant.key, Merchant.country))}  # noqa: C416 - rows are no pairs to mypy


def exported(panel: Iterable[Merchant]) -> str:
    """Return *panel* as the text of a file which, imported, changes nothing."""
    rows = ([_cell(getattr(merchant, column)) for column in columns()] for merchant in panel)
    return csv_text([list(columns()), *rows])


def problems(panel: Iterable[Merchant]) -> list[str]:
    """Return, one line each, the stored values that an import would refuse today."""
    found = []
    for merchant in panel:
        for column in columns():
            try:
                value_of(column, _cell(getattr(merchant, column)), merchant.country)
            except UserError as error:
                found.append(f"{merchant.key}: {column}: {error}")
    return found


def remarks(panel: Iterable[Mapping[str, Value]]) -> list[str]:
    """Return what is allowed and yet worth a look, one line each: categories that cannot be ranked, shared contacts.

    *panel* gives the values of each merchant by column.
    """
    rows = list(panel)
    sizes = Counter(str(row["category"]) for row in rows if row.get("category"))
    told = [
        f"category '{name}' has {size} of the {MIN_TO_RANK} merchants that a ranking needs"
        for name, size in sorted(sizes.items())
        if size < MIN_TO_RANK
    ]
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in sorted(sizes):
        spellings[name.casefold()].append(name)
    told += [
        f"categories {' and '.join(repr(name) for name in names)} differ in case only, and count as different"
        for names in spellings.values()
        if len(names) > 1
    ]
    without = sum(not row.get("category") for row in rows)
    if without:
        told.append(f"{without} of {len(rows)} merchants have no category: they are crawled and never ranked")
    for column in ("phone", "email"):
        shared = Counter(row[column] for row in rows if row.get(column))
        told += [f"{column} {value} belongs to {count} merchants" for value, count in _most_first(shared) if count > 1]
    return told


def values(merchant: Merchant) -> dict[str, Value]:
    """Return the columns of *merchant*, in the order of a file."""
    return {column: getattr(merchant, column) for column in columns()}


def _with_keys(session: Session, keys: list[str]) -> Iterable[Merchant]:
    return session.scalars(select(Merchant).where(Merchant.key.in_(keys)))


def _new_merchant(row: Row, country: str) -> Merchant:
    return Merchant(key=row.key, **{"country": country, **row.values})  # type: ignore[arg-type]


def _change(merchant: Merchant, values: Mapping[str, Value]) -> tuple[str, ...]:
    changed = tuple(one for one in columns() if one in values and getattr(merchant, one) != values[one])
    for column in changed:
        setattr(merchant, column, values[column])
    return changed


def _place(merchant: Merchant) -> tuple[bool, str, bool, int, str]:
    """Return what the panel is sorted by; merchants without a category, then those never drawn, come last."""
    category, drawn = merchant.category, merchant.sample_order
    return category is None, category or "", drawn is None, drawn or 0, merchant.key


def _categories(session: Session) -> list[str]:
    return [name for name in session.scalars(select(Merchant.category).distinct()) if name]


def _only(panel: list[Merchant], keys: Collection[str]) -> list[Merchant]:
    wanted = {site_key(site_url(key)): key for key in keys}
    known = {merchant.key for merchant in panel}
    missing = [key for normal, key in wanted.items() if normal not in known]
    if missing:
        raise UserError(f"the panel has no merchant '{missing[0]}'", "see: barometer panel list")
    return [merchant for merchant in panel if merchant.key in wanted]


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _most_first(counts: Counter[Value]) -> list[tuple[Value, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], str(entry[0])))
