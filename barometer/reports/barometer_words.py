"""The words of the barometer report, and how it writes shares, times and how little may be told."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from barometer.figures.disclosure import Bounded, Figure, Told, Withheld
from barometer.podium import PublicEdition
from barometer.reports.merchant_text import legible
from barometer.reports.podium_words import podium_words
from barometer.reports.wording import Language, Words, typeset

MINUTE, HOUR, DAY = 60, 3_600, 86_400
LONGEST_NAME = 80
"""Characters of an edition's or a category's name that the report shows in one place (*ours*)."""
_NAME = "barometer.{language}.toml"
_DASH = "\u2013"


class BarometerWords(Words):
    """The words of the report in one language; test dates and numbers are written as in the other exports."""

    def __init__(self, language: Language, own: Mapping[str, str]) -> None:
        super().__init__(language, own)
        self._exports = podium_words(language)

    def __getitem__(self, key: str) -> str:
        return self._words[key] if key in self._words else self._exports[key]

    def period(self, edition: PublicEdition) -> str:
        """Return when the tests were made."""
        return self._exports.period(edition)

    def percent(self, share: float) -> str:
        """Return a share that is rounded already, as a whole percentage."""
        return self["key.percent"].format(n=self.number(100 * share))

    def figure(self, figure: Figure) -> str:
        """Return what may be told of a share: ``68 %``, ``75 % or more``, ``under 5 %``, or a dash."""
        match figure:
            case Told(share=share, step=step):
                if share == 0:
                    return self["key.under"].format(share=self.percent(step / 100))
                if share == 1:
                    return self["key.over"].format(share=self.percent(1 - step / 100))
                return self.percent(share)
            case Bounded(at_least=None, at_most=share) if share is not None:
                return self["key.at_most"].format(share=self.percent(share))
            case Bounded(at_least=share) if share is not None:
                return self["key.at_least"].format(share=self.percent(share))
            case _:
                return _DASH

    def short(self, figure: Figure) -> str:
        """Return a share and its interval for a narrow cell: ``65 % (48-79)``, ``≥ 75 %``, or a dash."""
        match figure:
            case Told():
                ends = f"{self.number(100 * figure.low)}{_DASH}{self.number(100 * figure.high)}"
                return f"{self.figure(figure)} ({ends})"
            case Bounded(at_least=None, at_most=share) if share is not None:
                return f"\u2264\u00a0{self.percent(share)}"
            case Bounded(at_least=share) if share is not None:
                return f"\u2265\u00a0{self.percent(share)}"
            case _:
                return _DASH

    def interval(self, figure: Figure) -> str:
        """Return the ends of the interval: ``64-72 %``, with a dash between."""
        if isinstance(figure, Withheld):
            return _DASH
        return f"{self.number(100 * figure.low)}{_DASH}{self.percent(figure.high)}"

    def horizon(self, seconds: float) -> str:
        """Return a round time: ``30 s``, ``3 min``, ``24 h``, ``5 days`` as ``5 d`` or ``5 j``."""
        day = "j" if self.language is Language.FRENCH else "d"
        # As people say it: 60 s and 48 h, but 3 min and 3 days.
        for unit, least, name in ((DAY, 3 * DAY, day), (HOUR, HOUR, "h"), (MINUTE, 2 * MINUTE, "min")):
            if seconds >= least and seconds % unit == 0:
                return f"{self.number(seconds / unit)}\u00a0{name}"
        return f"{self.number(seconds)}\u00a0s"

    def source(self, edition: PublicEdition) -> str:
        """Return the line that stands under every drawing."""
        return self["page.source"].format(edition=legible(edition.title, LONGEST_NAME), period=self.period(edition))


@cache
def barometer_words(language: Language) -> BarometerWords:
    """Return the words of the report in *language*; raises ``ValueError`` when one language has words that another lacks."""
    own = _flat(language)
    for other in Language:
        missing = sorted(_flat(other).keys() - own.keys())
        if missing:
            raise ValueError(f"words/{_NAME.format(language=language)} lacks {', '.join(missing)}")
    return BarometerWords(language, {key: typeset(text, language) for key, text in own.items()})


def _flat(language: Language) -> dict[str, str]:
    source = files("barometer.reports").joinpath("words", _NAME.format(language=language)).read_text("utf-8")
    return {
        f"{section}.{name}": text
        for section, entries in tomllib.loads(source).items()
        for name, text in entries.items()
    }
