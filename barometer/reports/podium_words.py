"""The words of the public exports, and how they write test dates and marks."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

from barometer.podium import PublicEdition
from barometer.reports.wording import Language, Words, typeset, words_of

_NAME = "podium.{language}.toml"


class PodiumWords(Words):
    """The words of the exports in one language; numbers, days and lists are written as in every other report."""

    def __init__(self, language: Language, own: Mapping[str, str]) -> None:
        super().__init__(language, own)
        self._reports = words_of(language)

    def __getitem__(self, key: str) -> str:
        return self._words[key] if key in self._words else self._reports[key]

    def on(self, day: date) -> str:
        """Return *day* in words."""
        return self.day(datetime(day.year, day.month, day.day, tzinfo=UTC))

    def period(self, edition: PublicEdition) -> str:
        """Return when the tests were made: from a first day to a last; the year is said once where both have the same."""
        first, last = edition.tests_from, edition.tests_until
        if first == last:
            return self["edition.period_day"].format(last=self.on(last))
        return self["edition.period"].format(
            first=self._day_and_month(first) if first.year == last.year else self.on(first), last=self.on(last)
        )

    def mark(self, score: Decimal) -> str:
        """Return a score as figures: ``15,4`` in French."""
        return self.number(float(score), 1)

    def ordinal(self, place: int) -> str:
        """Return a place of 1 to 3 as an ordinal."""
        return self[f"place.ordinal_{place}"]

    def place(self, place: int, shared: bool) -> str:
        """Return a place in words, and that it is shared where it is."""
        return self["place.shared" if shared else "place.one"].format(ordinal=self.ordinal(place))

    def _day_and_month(self, day: date) -> str:
        number = self["language.first_of_month"] if day.day == 1 else str(day.day)
        month = self["language.months"].split(",")[day.month - 1]
        return self["edition.day_month"].format(day=number, month=month)


@cache
def podium_words(language: Language) -> PodiumWords:
    """Return the words of the exports in *language*; raises ``ValueError`` when one language has words that another lacks."""
    own = _flat(language)
    for other in Language:
        missing = sorted(_flat(other).keys() - own.keys())
        if missing:
            raise ValueError(f"words/{_NAME.format(language=language)} lacks {', '.join(missing)}")
    return PodiumWords(language, {key: typeset(text, language) for key, text in own.items()})


def _flat(language: Language) -> dict[str, str]:
    source = files("barometer.reports").joinpath("words", _NAME.format(language=language)).read_text("utf-8")
    found: dict[str, str] = {}
    for section, entries in tomllib.loads(source).items():
        for name, told in entries.items():
            if isinstance(told, dict):
                found |= {f"{section}.{name}.{form}": text for form, text in told.items()}
            else:
                found[f"{section}.{name}"] = told
    return found
