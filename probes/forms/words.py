"""Word lists of the forms: what fields, menus, buttons and the page after a send say, one TOML file a language.

Lists of all languages are read together, as a page may mix them. Entries are matched whole in folded text (lower case,
no accents); ``word*`` also matches longer words, and a space any run of white space, hyphens or apostrophes.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from spiders.detect.lexicon import fold

LONGEST = 4_000
"""Characters of a text that are searched for words (*ours*)."""


@cache
def listed(table: str, key: str) -> tuple[str, ...]:
    """Return the entries of list *key* of *table* in every language, folded.

    Raises ``LookupError`` when no language holds the list, ``ValueError`` when one is no list of words.
    """
    found: dict[str, None] = {}
    for origin, tables in _languages().items():
        entries = tables.get(table, {}).get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, str) and entry.strip() for entry in entries):
            raise ValueError(f"{origin}: {table}.{key}: must be a list of non-empty words")
        found.update(dict.fromkeys(fold(entry) for entry in entries))
    if not found:
        raise LookupError(f"no language of the forms' lexicon holds a list '{key}' in [{table}]")
    return tuple(found)


@cache
def keys_of(table: str) -> tuple[str, ...]:
    """Return the names of the lists of *table*, in the order of the files."""
    return tuple(dict.fromkeys(key for tables in _languages().values() for key in tables.get(table, {})))


def says(text: str, table: str, *keys: str) -> bool:
    """Tell whether *text* holds a word of one of the lists *keys* of *table*."""
    return found_in(text, table, *keys) is not None


def found_in(text: str, table: str, *keys: str) -> re.Match[str] | None:
    """Return the first match of a word of the lists *keys* of *table* in the folded *text*, or ``None``."""
    return _pattern(table, keys).search(fold(text[:LONGEST]))


def count_in(text: str, table: str, key: str) -> int:
    """Return how many words of list *key* of *table* the text holds."""
    return sum(1 for _ in _pattern(table, (key,)).finditer(fold(text[:LONGEST])))


@cache
def _languages() -> dict[str, dict[str, dict[str, object]]]:
    folder = files("probes.forms").joinpath("lexicon")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return {entry.name: tomllib.loads(entry.read_text("utf-8")) for entry in found}


@cache
def _pattern(table: str, keys: tuple[str, ...]) -> re.Pattern[str]:
    entries = {entry for key in keys for entry in listed(table, key)}
    ordered = sorted(entries, key=lambda entry: (-len(entry), entry))
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(map(_expression, ordered)) + ")")


def _expression(entry: str) -> str:
    stem, end = (entry[:-1], "") if entry.endswith("*") else (entry, r"(?![a-z0-9])")
    return r"[\s\-_']{1,3}".join(re.escape(part) for part in stem.split()) + end
