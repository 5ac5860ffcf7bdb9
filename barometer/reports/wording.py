"""The words of the reports, in the languages of ``words/``, and how numbers and dates are written in each."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from barometer.reports.merchant_text import MAX_TEXT, legible
from storage.vocabulary import (
    Channel,
    FormKind,
    OutcomeKind,
    PriceClass,
    Profile,
    Reason,
    Searched,
    SetAsideReason,
    VisitStatus,
)


class Language(StrEnum):
    """A language that reports are written in."""

    FRENCH = "fr"
    ENGLISH = "en"


_CLOSED_LISTS: Mapping[str, Iterable[StrEnum]] = {
    "channel": Channel,
    "channel_counts": Channel,
    "depth": OutcomeKind,
    "reason": Reason,
    "set_aside": SetAsideReason,
    "status": VisitStatus,
    "tariff": PriceClass,
    "form": FormKind,
    "profile": Profile,
    "searched": Searched,
}
"""Sections that have a word for each member of a closed list of the method."""

_NARROW, _WIDE = "\u202f", "\u00a0"


class Words:
    """The words of one language. A key is ``section.name``; asking for one that is not there raises ``KeyError``."""

    def __init__(self, language: Language, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = words

    def __getitem__(self, key: str) -> str:
        return self._words[key]

    def get(self, key: str, otherwise: str) -> str:
        """Return the words at *key*, or *otherwise* where the language has none."""
        return self._words.get(key, otherwise)

    def say(self, key: str, **values: object) -> Markup:
        """Return the sentence at *key* as HTML; what fills it is escaped, and a merchant's text isolated.

        A value that is :class:`Markup` is taken as it is; so are the report's own words when wrapped by :func:`own`.
        """
        return escape(self._words[key]).format(**{name: isolated(value) for name, value in values.items()})

    def plain(self, key: str, **values: object) -> str:
        """Return the sentence at *key* as plain text on one line, for an attribute or a terminal."""
        return self._words[key].format(**{name: legible(str(value)) for name, value in values.items()})

    def count(self, key: str, count: int) -> str:
        """Return *count* with its noun. One is singular; so is zero in French."""
        form = "one" if count == 1 or (count == 0 and self.language is Language.FRENCH) else "other"
        return self._words[f"{key}.{form}"].format(n=self.number(count))

    def clicks(self, count: int) -> str:
        """Return a number of clicks in words."""
        return self.count("clicks", count)

    def listed(self, items: Iterable[str]) -> str:
        """Return *items* as an enumeration: ``a, b and c``."""
        names = list(items)
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self['language.and']} {names[-1]}"

    def number(self, amount: float, decimals: int = 0) -> str:
        """Return *amount* with the separators of the language."""
        whole, _, fraction = f"{amount:,.{decimals}f}".partition(".")
        whole = whole.replace(",", self["language.thousands"])
        return f"{whole}{self['language.decimal']}{fraction}" if fraction else whole

    def seconds(self, seconds: float, decimals: int = 1) -> str:
        """Return a duration in seconds."""
        return self["effort.seconds"].format(n=self.number(seconds, decimals))

    def euros(self, amount: float) -> str:
        """Return an amount of money, to the cent."""
        return self["language.euros"].format(amount=self.number(amount, 2))

    def size(self, count: int) -> str:
        """Return a number of bytes in the unit of a thousand that suits it."""
        units = self["language.bytes"].split(",")
        step, amount = 0, float(count)
        while amount >= 1000 and step < len(units) - 1:
            step, amount = step + 1, amount / 1000
        return f"{self.number(amount, 1 if step and amount < 100 else 0)}{_WIDE}{units[step]}"

    def day(self, moment: datetime) -> str:
        """Return the day of *moment* in UTC."""
        moment = moment.astimezone(UTC)
        day = self["language.first_of_month"] if moment.day == 1 else str(moment.day)
        month = self["language.months"].split(",")[moment.month - 1]
        return self["language.day"].format(day=day, month=month, year=moment.year)

    def moment(self, moment: datetime) -> str:
        """Return *moment* in UTC, to the second."""
        time = moment.astimezone(UTC).strftime("%H:%M:%S")
        return self["language.moment"].format(day=self.day(moment), time=time)


def own(text: str) -> Markup:
    """Return *text* of the report itself, escaped, to be put into a sentence without isolation."""
    return escape(text)


def isolated(value: object, limit: int = MAX_TEXT) -> Markup | int:
    """Return a merchant's text as HTML that turns the direction of nothing around it; numbers and HTML as they are."""
    if isinstance(value, (Markup, int)):
        return value
    return Markup("<bdi>{}</bdi>").format(legible(str(value), limit))


def capital(text: str) -> str:
    """Return *text* with a capital first letter."""
    return text[:1].upper() + text[1:]


@cache
def words_of(language: Language) -> Words:
    """Return the words of *language*; raises ``ValueError`` when its file lacks a word of a closed list."""
    source = files("barometer.reports").joinpath("words", f"{language}.toml").read_text("utf-8")
    words = {
        f"{section}.{name}": typeset(text, language)
        for section, entries in tomllib.loads(source).items()
        for name, text in entries.items()
    }
    for section, members in _CLOSED_LISTS.items():
        missing = [member.value for member in members if f"{section}.{member}" not in words]
        if missing:
            raise ValueError(f"words/{language}.toml: section {section} lacks {', '.join(missing)}")
    return Words(language, words)


def typeset(text: str, language: Language) -> str:
    """Set apostrophes, and the spaces that French wants: narrow before ; ! ?, wide before : and inside guillemets.

    Source of the spaces: Lexique des règles typographiques en usage à l'Imprimerie nationale.
    """
    text = text.replace("~", _WIDE).replace("'", "\u2019")
    if language is Language.FRENCH:
        text = re.sub(r" ([;!?])", _NARROW + r"\1", text).replace(" :", f"{_WIDE}:")
        text = text.replace("« ", f"«{_WIDE}").replace(" »", f"{_WIDE}»")
    return text
