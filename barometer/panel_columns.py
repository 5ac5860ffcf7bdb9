"""What each column of a panel file may hold, and the form a value is kept in."""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from barometer.contact_values import email_address, phone_number
from barometer.country_codes import country_code, language_code
from barometer.errors import UserError
from barometer.opening_hours import opening_hours
from barometer.site_address import site_url

Value = str | int | bool | None

REQUIRED = ("name", "url")
MAX_NAME_LENGTH = 200
"""Longest name or category, in characters (*ours*)."""
MAX_SAMPLE_ORDER = 2**31 - 1
"""What the integer column of both databases holds."""

_YES = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1", "x"})
_NO = frozenset({"no", "n", "non", "false", "faux", "0"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EXCEL_ERROR = re.compile(r"#(?:REF|N/A|NA|NAME|NOM|VALUE|VALEUR|DIV/0|NUM|NOMBRE|NULL|NUL)[!?]?", re.I)
_X_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_X_HOSTS = frozenset({"x.com", "www.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com", "mobile.x.com"})
_X_NOT_ACCOUNTS = frozenset({"home", "intent", "share", "search", "hashtag", "i", "explore", "login"})
_FACEBOOK_NAME = re.compile(r"[A-Za-z0-9%_][A-Za-z0-9.\-_%]{0,119}")
_FACEBOOK_HOST = re.compile(r"(?:[a-z]{1,6}(?:-[a-z]{2})?\.)?(?:facebook|fb)\.com")
_FACEBOOK_NOT_PAGES = frozenset(
    {"sharer", "sharer.php", "share", "share.php", "dialog", "events", "groups", "watch", "hashtag", "plugins", "login"}
)
_LOGO_SUFFIXES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif"})


class Column(NamedTuple):
    """A column of a panel file: its meaning in one line, and the names people give it."""

    name: str
    meaning: str
    also: tuple[str, ...]


@cache
def columns() -> dict[str, Column]:
    """Return the known columns by name, in the order an export writes them."""
    table = tomllib.loads((files("barometer") / "panel_columns.toml").read_text("utf-8"))
    known = {name: Column(name, entry["meaning"], tuple(entry["also"])) for name, entry in table.items()}
    if set(known) != {"country", *_READERS}:
        raise ValueError("panel_columns.toml: its columns are not those that can be read")
    return known


def column_name(heading: str) -> str:
    """Return *heading* as a column name is compared: no accents, lower case, ``_`` for spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", heading)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "\ufeff\u200b")
    return re.sub(r"[\s\-_]+", "_", plain.strip().lower()).strip("_")


def nearest_column(heading: str) -> str | None:
    """Return the known column that *heading* most likely means, or ``None``."""
    name = column_name(heading)
    for column in columns().values():
        if name in {column_name(other) for other in column.also}:
            return column.name
    return next(iter(get_close_matches(name, columns(), n=1, cutoff=0.6)), None)


def value_of(column: str, cell: str, country: str) -> Value:
    """Return the value of *cell*, ``None`` (``False`` for ``entered``) where it is empty.

    *cell* is what the spreadsheet shows, *country* the ISO code that says how a phone number is read. Raises
    :class:`UserError` with what is wrong and its remedy.
    """
    cell = " ".join(cell.split())
    if not cell:
        if column in REQUIRED:
            raise UserError("is empty", f"give {columns()[column].meaning.partition(';')[0]}")
        return False if column == "entered" else None
    if _CONTROL.search(cell):
        raise UserError("holds a control character", "type the value anew")
    if _EXCEL_ERROR.fullmatch(cell):
        raise UserError(f"'{cell}' is an error of the spreadsheet", "mend the formula, or empty the cell")
    if column == "phone":
        return phone_number(cell, country)
    return country_code(cell) if column == "country" else _READERS[column](cell)


def _words(cell: str) -> str:
    if len(cell) > MAX_NAME_LENGTH:
        raise UserError(f"is {len(cell)} characters long", f"shorten it to {MAX_NAME_LENGTH}")
    return cell


def _entered(cell: str) -> bool:
    word = cell.lower()
    if word not in _YES | _NO:
        raise UserError(f"'{cell[:40]}' is neither yes nor no", "write yes or no")
    return word in _YES


def _sample_order(cell: str) -> int:
    digits = re.sub(r"[.,]0+$", "", cell)
    if not re.fullmatch(r"[0-9]{1,10}", digits) or int(digits) > MAX_SAMPLE_ORDER:
        raise UserError(f"'{cell[:40]}' is not a whole number from 0", "write digits only")
    return int(digits)


def _x_account(cell: str) -> str:
    """Return the address of an account on X, from ``@name``, ``name`` or an address of it."""
    problem = UserError(f"'{cell[:80]}' is not an account on X", "write @name or https://x.com/name")
    handle = cell.removeprefix("@")
    if "/" in cell:
        parts = urlsplit(site_url(cell))
        if parts.hostname not in _X_HOSTS:
            raise problem
        handle = parts.path.strip("/").partition("/")[0].removeprefix("@")
    if not _X_HANDLE.fullmatch(handle) or handle.lower() in _X_NOT_ACCOUNTS:
        raise problem
    return f"https://x.com/{handle}"


def _facebook_page(cell: str) -> str:
    """Return the address of a Facebook page, from its name or any address of it, tracking left out."""
    problem = UserError(
        f"'{cell[:80]}' is not a page on Facebook", "write the name of the page or https://www.facebook.com/name"
    )
    path, query = cell.removeprefix("@"), ""
    if "/" in cell or _FACEBOOK_HOST.fullmatch(cell.lower()):
        parts = urlsplit(site_url(cell))
        if not _FACEBOOK_HOST.fullmatch(parts.hostname or ""):
            raise problem
        path, query = parts.path.strip("/"), parts.query
    segments = path.split("/")
    if segments == ["profile.php"]:
        identity = parse_qs(query, max_num_fields=20).get("id", [""])[0] if len(query) < 500 else ""
        if not re.fullmatch(r"[0-9]{1,20}", identity):
            raise problem
        return f"https://www.facebook.com/profile.php?id={identity}"
    kept = segments[:3] if segments[0] in {"pages", "people"} else segments[:2] if segments[0] == "p" else segments[:1]
    if segments[0].lower() in _FACEBOOK_NOT_PAGES or not all(_FACEBOOK_NAME.fullmatch(part) for part in kept):
        raise problem
    return "https://www.facebook.com/" + "/".join(kept)


def _logo(cell: str) -> str:
    if "://" in cell:
        return site_url(cell)
    path = PurePosixPath(cell.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in cell or path.suffix.lower() not in _LOGO_SUFFIXES:
        suffixes = " ".join(sorted(_LOGO_SUFFIXES))
        raise UserError(f"'{cell[:80]}' is no picture", f"give an address, or a relative path ending in {suffixes}")
    return str(path)


_READERS: dict[str, Callable[[str], Value]] = {
    "name": _words,
    "url": site_url,
    "category": _words,
    "language": language_code,
    "email": email_address,
    "phone": str,
    "x": _x_account,
    "facebook": _facebook_page,
    "hours": opening_hours,
    "logo": _logo,
    "entered": _entered,
    "sample_order": _sample_order,
}
