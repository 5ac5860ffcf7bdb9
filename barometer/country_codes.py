"""Country and language codes: the two-letter lists of ISO, and what people write instead."""

import tomllib
from functools import cache
from importlib.resources import files

from barometer.errors import UserError


def country_code(text: str) -> str:
    """Return *text* as an ISO 3166-1 alpha-2 code, upper case; raises :class:`UserError` when it is none."""
    return _code("countries", text.strip().upper(), "a country code of two letters (ISO 3166)", "FR")


def language_code(text: str) -> str:
    """Return *text* as an ISO 639-1 code, lower case; raises :class:`UserError` when it is none.

    A region after the language (``fr-FR``) is left out.
    """
    language = text.strip().lower()
    stem, separator, region = language.replace("_", "-").partition("-")
    if separator and region.isalpha() and len(region) == 2:
        language = stem
    return _code("languages", language, "a language code of two letters (ISO 639-1)", "fr")


def _code(kind: str, code: str, expected: str, example: str) -> str:
    known, meant = _codes(kind)
    if code not in known:
        raise UserError(f"'{code[:40]}' is not {expected}", f"write {meant.get(code, example)}")
    return code


@cache
def _codes(kind: str) -> tuple[frozenset[str], dict[str, str]]:
    table = tomllib.loads((files("barometer") / "country_codes.toml").read_text("utf-8"))
    known = frozenset(table[kind].split())
    meant: dict[str, str] = table["meant"][kind]
    misled = [word for word, code in meant.items() if code not in known]
    if misled:
        raise ValueError(f"country_codes.toml: meant.{kind}: {', '.join(misled)}: not a code of the list")
    return known, meant
