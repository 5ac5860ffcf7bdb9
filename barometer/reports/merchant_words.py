"""The words of the merchant's report, and how it writes points, spans of time, periods and gains."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files

from barometer.reports.wording import Language, Words, typeset, words_of

_NAME = "merchant.{language}.toml"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_DAYS_FROM = 4 * _DAY
"""Spans from here on are told in days; the cuts of 24, 48 and 72 hours are known as such."""


class MerchantWords(Words):
    """The words of the report in one language; numbers, days and channels are named as in every other report."""

    def __init__(self, language: Language, own: Mapping[str, str]) -> None:
        super().__init__(language, {**words_of(language)._words, **own})

    def dated(self, day: date) -> str:
        """Return *day* in words."""
        return self.day(datetime(day.year, day.month, day.day, tzinfo=UTC))

    def short_date(self, day: date) -> str:
        """Return day and month of *day* in words."""
        number = self["language.first_of_month"] if day.day == 1 else str(day.day)
        return self["page.day_month"].format(day=number, month=self["language.months"].split(",")[day.month - 1])

    def period(self, first: date, last: date) -> str:
        """Return the days from *first* to *last* in words; the year is said once where both have the same."""
        if first == last:
            return self["page.period_day"].format(last=self.dated(last))
        begin = self.short_date(first) if first.year == last.year else self.dated(first)
        return self["page.period"].format(first=begin, last=self.dated(last))

    def counted(self, key: str, count: int) -> str:
        """Return *count* with its noun, of this report's words or of every report's."""
        form = "one" if count == 1 or (count == 0 and self.language is Language.FRENCH) else "other"
        return self[f"{key}.{form}"].format(n=self.number(count))

    def points(self, amount: Fraction | Decimal) -> str:
        """Return *amount* to the hundredth at most, without zeros that say nothing."""
        cents = round(Fraction(amount) * 100)
        decimals = 0 if cents % 100 == 0 else 1 if cents % 10 == 0 else 2
        return self.number(cents / 100, decimals)

    def mark(self, score: Decimal | Fraction) -> str:
        """Return a score on /20 as figures, to the tenth."""
        return self.number(round(Fraction(score) * 10) / 10, 1)

    def part(self, part: Fraction) -> str:
        """Return a part of the whole in percent: whole ones, and one decimal below ten percent where there is one."""
        thousandths = round(part * 1000)
        decimals = 1 if thousandths < 100 and thousandths % 10 else 0
        return f"{self.number(thousandths / 10, decimals)}\u00a0%"

    def gain(self, gain: Fraction) -> str:
        """Return what would be added to a score, to the tenth: ``+ 0.8``."""
        tenths = round(gain * 10)
        if tenths == 0:
            return self["gain.under"].format(points=self.number(0.1, 1))
        return self["gain.plus"].format(points=self.number(tenths / 10, 1))

    def span(self, seconds: Decimal | float) -> str:
        """Return a span of time in one unit: ``30 s``, ``1 h``, ``72 h``, ``14 d``."""
        amount = Decimal(seconds)
        for size, unit, least in ((_DAY, "days", _DAYS_FROM), (_HOUR, "hours", _HOUR), (_MINUTE, "minutes", _MINUTE)):
            if amount >= least and (amount % size == 0 or not isinstance(seconds, Decimal)):
                return self[f"span.{unit}"].format(n=self._amount(amount / size))
        return self["span.seconds"].format(n=self._amount(amount))

    def _amount(self, amount: Decimal) -> str:
        tenths = round(amount * 10)
        return self.number(tenths / 10, 1 if tenths % 10 and tenths < 100 else 0)


@cache
def merchant_words(language: Language) -> MerchantWords:
    """Return the words of the report in *language*; raises ``ValueError`` when another language has words that it lacks."""
    own = _flat(language)
    for other in Language:
        missing = sorted(_flat(other).keys() - own.keys())
        if missing:
            raise ValueError(f"words/{_NAME.format(language=language)} lacks {', '.join(missing)}")
    return MerchantWords(language, {key: typeset(text, language) for key, text in own.items()})


def _flat(language: Language) -> dict[str, str]:
    source = files("barometer.reports").joinpath("words", _NAME.format(language=language)).read_text("utf-8")
    return {f"{section}.{name}": text for section, told in tomllib.loads(source).items() for name, text in told.items()}
