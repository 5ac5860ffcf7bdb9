"""The entries of a TOML file, read one by one: what is wrong is noted with its line, and reading goes on. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from barometer.grids.lines import Path, line_of

LANGUAGES = ("en", "fr")
"""The languages that every title is given in."""
LONGEST_TITLE = 120
"""Characters of a title (*ours*: it must fit the head of a slide)."""
DECIMALS = 6
"""Decimals of a number (*ours*: what is added up in millionths stays exact)."""
LARGEST = 1_000_000_000
"""Largest number a file may hold (*ours*: 31 years in seconds)."""

_BLANKS = re.compile(r"[ \t\r\n]+")
_FRENCH_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
_SHOWN = 40
_LISTED = 16

Word = TypeVar("Word", bound=StrEnum)


class Problem(NamedTuple):
    """One thing that is wrong with a file: its line, from 1, what it is, and what to do."""

    line: int
    what: str
    remedy: str

    def written(self, file: str) -> str:
        """Return it as one line that names *file*."""
        return f"{file}:{self.line}: {self.what}; {self.remedy}"


class Notes:
    """What was found wrong so far, and the lines of the file."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self.problems: list[Problem] = []
        self._lines = lines

    def add(self, path: Path, what: str, remedy: str) -> None:
        """Note that what stands at *path* is wrong."""
        self.problems.append(Problem(line_of(path, self._lines), what, remedy))


class Table:
    """A table of the file; ``called`` is how a person would name it, empty for the whole file.

    Each reader returns ``None`` after it has noted what is wrong.
    """

    def __init__(self, values: Mapping[str, Any], path: Path, called: str, notes: Notes) -> None:
        self.values = values
        self.path = path
        self.called = called
        self.notes = notes

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def wrong(self, key: str | None, what: str, remedy: str, *inside: int) -> None:
        """Note that the entry *key*, at the position *inside* of its list, or the whole table, is wrong."""
        path = self.path if key is None else (*self.path, key, *inside)
        named = [self.called, *([key] if key else []), *(f"{one + 1}" for one in inside)]
        self.notes.add(path, f"{': '.join(filter(None, [' '.join(filter(None, named)), what]))}", remedy)

    def only(self, known: Iterable[str]) -> None:
        """Note every key that is not *known*."""
        known = sorted(known)
        for key in self.values:
            if key not in known:
                what, remedy = unknown("key", key, known)
                self.notes.add((*self.path, key), f"{self.called}: {what}" if self.called else what, remedy)

    def text(self, key: str, longest: int, pattern: re.Pattern[str] | None = None, like: str = "") -> str | None:
        """Return a text on one line; where a *pattern* is given it must fit, and *like* is one that does."""
        value = self._value(key, f'{key} = "{like or "..."}"')
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, f"must be a text, not {shown(value)}", f'write {key} = "{like or "..."}"')
            return None
        text = _BLANKS.sub(" ", value).strip()
        fits = pattern is None or pattern.fullmatch(text)
        if not fits or len(text) > longest or not text.translate(_FRENCH_SPACES).isprintable():
            self.wrong(
                key, f"{shown(text)} {_why_not(text, longest, bool(fits))}", f"write it like {like or 'A title'}"
            )
            return None
        return text

    def titles(self) -> Mapping[str, str] | None:
        """Return the title by language."""
        table = self.table("title", f"{self.called} title".strip(), 'title.en = "...", title.fr = "..."')
        if table is None:
            return None
        table.only(LANGUAGES)
        found = {language: table.text(language, LONGEST_TITLE) for language in LANGUAGES}
        return {language: text for language, text in found.items() if text is not None} if all(found.values()) else None

    def number(self, key: str, least: int, most: int, *, above_least: bool = False) -> Decimal | None:
        """Return a number from *least* to *most*; *above_least*: *least* itself will not do."""
        value = self._value(key, f"{key} = {most}")
        return None if value is None else self.number_of(key, value, least, most, above_least=above_least)

    def number_of(
        self, key: str, value: object, least: int, most: int | Decimal, *inside: int, above_least: bool = False
    ) -> Decimal | None:
        """Return *value*, which stands under *key*, as a number from *least* to *most*."""
        number = as_number(value)
        if number is None or not least <= number <= most or (above_least and number == least):
            bounds = f"above {least}, up to {most}" if above_least else f"from {least} to {most}"
            decimals = f" with at most {DECIMALS} decimals" if isinstance(value, Decimal) and number is None else ""
            self.wrong(
                key, f"must be a number {bounds}{decimals}, not {shown(value)}", f"write such as {most}", *inside
            )
            return None
        return number

    def whole(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number from *least* to *most*."""
        value = self._value(key, f"{key} = {least}")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            what = f"must be a whole number from {least} to {most}, not {shown(value)}"
            self.wrong(key, what, f"write such as {key} = {least}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """Return true or false."""
        value = self._value(key, f"{key} = true")
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"must be true or false, not {shown(value)}", f"write {key} = true, without quotation marks")
        return None

    def word(self, key: str, words: type[Word]) -> Word | None:
        """Return a word of a closed list."""
        value = self._value(key, f'{key} = "{next(iter(words))}"')
        return None if value is None else self.word_of(key, value, words)

    def word_of(self, key: str, value: object, words: type[Word], *inside: int) -> Word | None:
        """Return *value*, which stands under *key*, as a word of a closed list."""
        if isinstance(value, str) and value in {str(word) for word in words}:
            return words(value)
        self.wrong(key, *unknown(words.__name__.lower(), value, list(map(str, words))), *inside)
        return None

    def items(self, key: str, example: str) -> Sequence[Any] | None:
        """Return a list that is not empty."""
        value = self._value(key, f"{key} = {example}")
        if value is None or (isinstance(value, list) and value):
            return value
        self.wrong(key, f"must be a list, and not empty; it is {shown(value)}", f"write such as {key} = {example}")
        return None

    def table(self, key: str, called: str, example: str) -> "Table | None":
        """Return the table under *key*."""
        value = self._value(key, example)
        if value is None or isinstance(value, dict):
            return None if value is None else Table(value, (*self.path, key), called, self.notes)
        self.wrong(key, f"must be a table, not {shown(value)}", f"write {example}")
        return None

    def tables(self, key: str, called: str, named_by: str | None = None) -> "list[Table]":
        """Return the tables under *key*, one at least; each is *called* so, with its name or its number from 1."""
        value = self._value(key, f"[[{key}]]")
        if value is None:
            return []
        if not isinstance(value, list) or not value:
            self.wrong(key, f"must be a list of tables, not {shown(value)}", f"write each below a line [[{key}]]")
            return []
        found = []
        for position, one in enumerate(value):
            if not isinstance(one, dict):
                self.wrong(key, f"must be a table, not {shown(one)}", "write { ... }", position)
                continue
            name = one.get(named_by) if named_by else None
            label = f"{called} {shown(name) if isinstance(name, str) else position + 1}"
            found.append(Table(one, (*self.path, key, position), label, self.notes))
        return found

    def _value(self, key: str, example: str) -> Any:
        if key not in self.values:
            self.wrong(None, f"{key} is missing", f"add {example}")
        return self.values.get(key)


def as_number(value: object) -> Decimal | None:
    """Return *value* as an exact number, ``None`` where it is none, too large, or too finely divided."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) <= LARGEST else None
    if not value.is_finite() or value.adjusted() > DECIMALS + 3 or abs(value) > LARGEST:
        return None
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and exponent >= -DECIMALS else None


def shown(value: object) -> str:
    """Return *value* as a message shows it: short, and on one line."""
    if isinstance(value, str):
        text = _BLANKS.sub(" ", value).strip()
        return f"'{text if len(text) <= _SHOWN else text[: _SHOWN - 3] + '...'}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a very large number"
    if isinstance(value, Decimal):
        return str(value) if len(str(value)) <= _SHOWN else "a very long number"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a date or time"


def unknown(kind: str, value: object, known: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with *value*, which is none of the *known* words of a *kind*, and the remedy."""
    listed = _listed(known)
    if not isinstance(value, str):
        return f"must be a {kind}, not {shown(value)}", f"choose from {listed}"
    near = get_close_matches(value[:_SHOWN], known, n=1, cutoff=0.6)
    return f"unknown {kind} {shown(value)}", f"perhaps {_plain(near[0])} is meant" if near else f"known are {listed}"


def _listed(words: Sequence[str]) -> str:
    """Return *words*, some of which may come from the file, as a message lists them."""
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    return (", ".join(_plain(word) for word in words[:_LISTED]) or "none") + more


def _plain(word: str) -> str:
    return shown(word)[1:-1]


def _why_not(text: str, longest: int, fits: bool) -> str:
    if len(text) > longest:
        return f"has {len(text)} characters, at most {longest} are allowed"
    return "holds a character that cannot be printed" if fits else "holds what may not stand here"
