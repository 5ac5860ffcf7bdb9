"""A mark in one sentence, in English or French: what was found, over what, and what it is worth. Pure.

The words stand in ``sentence.toml``.
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from barometer.grids.grid import WORDS, Criterion, Measure
from barometer.marks.points import BEYOND, LEFT_OUT, NOTHING, UNSHOWN, plain
from barometer.observations import Finding, Seen
from storage.vocabulary import BlockedBy, Reason

if TYPE_CHECKING:
    from barometer.scoring import CriterionMark

LANGUAGES = ("en", "fr")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_HOURS_UNTIL = 96 * _HOUR
"""From here on whole days are said in days: cuts of 24, 30 and 72 hours are known as such."""
_BAND = "up_to:"
_NOT_RATED = "not_rated"


def sentence(mark: "CriterionMark", criterion: Criterion, language: str) -> str:
    """Return what *mark* says, such as ``Phone: 1 click on the median of 5 nights (best 0, worst 1): 7 of 10 points``.

    It is plain text: what shows it must escape it. Raises ``KeyError`` for a language other than :data:`LANGUAGES`.
    """
    return _Speech(language).mark(mark, criterion)


def title_of(criterion: Criterion, language: str) -> str:
    """Return the criterion's title in *language*, else in any that the grid has, else its key."""
    return criterion.title.get(language) or next(iter(criterion.title.values()), criterion.key)


def finding_in_words(finding: Finding, language: str) -> str:
    """Return what a night's *finding* says, such as ``1 click``, ``premium rate`` or ``not shown``."""
    return _Speech(language).finding(finding)


class _Speech:
    """One language: its words by dotted key, its numbers, its plurals."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = _words()[language]

    def mark(self, mark: "CriterionMark", criterion: Criterion) -> str:
        title, remarks = title_of(criterion, self.language), self.remarks(mark, criterion)
        if mark.points is None:
            reason = self.reason(mark.reason or "not_told")
            return self.say("not_measured", title=title, reason=reason, remarks=self.open(mark))
        fact = self.nights(mark) if criterion.measure.nightly else self.attempts(mark, criterion)
        return self.say("mark", title=title, fact=fact, remarks=remarks, points=self.points(mark))

    def nights(self, mark: "CriterionMark") -> str:
        if mark.found is None or mark.spread is None:
            raise ValueError(f"a mark of nights without a finding: {mark.criterion}")
        finding, (best, worst) = self.finding(mark.found), mark.spread
        measured = mark.units + mark.left_out.get(LEFT_OUT, 0)
        if measured == 1:
            return self.say("nights.single", finding=finding)
        if best == worst:
            return self.say("nights.same", finding=finding, n=measured)
        ends = {"best": self.finding(best, short=True), "worst": self.finding(worst, short=True)}
        return self.say("nights.median", finding=finding, n=measured, **ends)

    def finding(self, finding: Finding, *, short: bool = False) -> str:
        if not isinstance(finding, Seen):
            return self.words["finding.nothing"]
        if isinstance(finding.value, str):
            return self.words[f"finding.{finding.value}"]
        return self.number(finding.value) if short else self.counted("finding.clicks", finding.value)

    def attempts(self, mark: "CriterionMark", criterion: Criterion) -> str:
        if UNSHOWN in mark.tally:
            return self.words["answers.unshown"]
        return self.rating(mark, criterion) if criterion.measure is Measure.RATING else self.answers(mark, criterion)

    def answers(self, mark: "CriterionMark", criterion: Criterion) -> str:
        """Say how many were answered within each band, all before it included; bands that add nobody are not named."""
        total, never, late = mark.units, mark.tally.get(NOTHING, 0), mark.tally.get(BEYOND, 0)
        if never == total:
            return self.say(f"answers.none.{'one' if total == 1 else 'other'}", total=total)
        said: list[str] = []
        answered = 0
        for band in criterion.bands:
            here = mark.tally.get(f"{_BAND}{plain(band.up_to)}", 0) if band.up_to is not None else 0
            if band.up_to is None or (said and not here):
                continue
            answered += here
            time = self.time(band.up_to, business=criterion.measure is Measure.BUSINESS_DELAY)
            said.append(self.say("answers.next" if said else "answers.first", n=answered, total=total, time=time))
        if not said:
            said.append(self.say("answers.any", n=late, total=total))
        elif late:
            said.append(self.say("answers.late", n=late))
        if never:
            said.append(self.say("answers.never", n=never))
        return self.words["answers.joint"].join(said)

    def rating(self, mark: "CriterionMark", criterion: Criterion) -> str:
        scale, silent = criterion.scale or Decimal(1), mark.tally.get(NOTHING, 0)
        points, unrated = mark.points or Fraction(0), mark.left_out.get(_NOT_RATED, 0)
        if unrated:
            return self.rated_in_part(mark, criterion, points, silent, unrated)
        mean = points / Fraction(mark.maximum) * Fraction(scale)
        form = "silent" if silent else "plain"
        if mark.units == 1:
            form = "single_silent" if silent else "single"
        told = {"mean": self.rounded(mean), "scale": self.number(scale), "total": mark.units, "n": silent}
        return self.say(f"rating.{form}", **told)

    def rated_in_part(
        self, mark: "CriterionMark", criterion: Criterion, points: Fraction, silent: int, unrated: int
    ) -> str:
        """Say the mean of the answers that were marked, for how many answers it stands, and how many were silent."""
        scale, rated = criterion.scale or Decimal(1), mark.units - silent
        answered = rated + unrated
        silence = silent * Fraction(criterion.nothing or 0)
        mean = (points * (answered + silent) - silence) / answered / Fraction(mark.maximum) * Fraction(scale)
        told = {"mean": self.rounded(mean), "scale": self.number(scale), "rated": rated, "answered": answered}
        return self.say(f"rating.{'part_silent' if silent else 'part'}", **told, n=silent, total=answered + silent)

    def remarks(self, mark: "CriterionMark", criterion: Criterion) -> str:
        """Say what else there was: not measured, left out by the grid (of nights the fact says so), still open."""
        nightly, left_out = criterion.measure.nightly, {} if UNSHOWN in mark.tally else dict(mark.left_out)
        by_grid = left_out.pop(LEFT_OUT, 0)
        if criterion.measure is Measure.RATING:
            left_out.pop(_NOT_RATED, None)
        others = sum(left_out.values())
        said = self.say("remark.left_out", n=others) if others else ""
        return said + (self.say("remark.by_grid", n=by_grid) if by_grid and not nightly else "") + self.open(mark)

    def open(self, mark: "CriterionMark") -> str:
        return self.say("remark.open", n=mark.open) if mark.open and mark.reason != "pending" else ""

    def points(self, mark: "CriterionMark") -> str:
        points = mark.points or Fraction(0)
        agrees = mark.maximum if self.words["points_agree_with"] == "maximum" else points
        shown = {"n": self.rounded(points), "maximum": self.number(mark.maximum)}
        return self.say(f"points.{self.form(agrees)}", **shown)

    def reason(self, word: str) -> str:
        """Return a reason in words; ``blocked:captcha`` is said as ``captcha``, and a word that is not known as it is."""
        word = word.rsplit(":", 1)[-1]
        return self.words.get(f"reason.{word}", word.replace("_", " "))

    def time(self, seconds: Decimal, *, business: bool) -> str:
        amount, unit = seconds, "seconds"
        if seconds >= _HOURS_UNTIL and seconds % _DAY == 0 and not business:
            amount, unit = seconds / _DAY, "days"
        elif seconds >= _HOUR and seconds % (_HOUR // 2) == 0:
            amount, unit = seconds / _HOUR, "hours"
        elif seconds >= _MINUTE and seconds % (_MINUTE // 2) == 0:
            amount, unit = seconds / _MINUTE, "minutes"
        time = self.say(f"time.{unit}", n=self.number(amount))
        return self.say("time.business", time=time) if business else time

    def counted(self, key: str, count: Decimal) -> str:
        return self.say(f"{key}.{self.form(count)}", n=self.number(count))

    def form(self, count: Decimal | Fraction) -> str:
        if count == 0:
            return self.words["zero"]
        if 1 < count < 2:
            return self.words["between"]
        return "one" if count <= 1 else "other"

    def rounded(self, exact: Fraction) -> str:
        """Return *exact* to the hundredth, half to even."""
        return self.number(Decimal(round(exact * 100)).scaleb(-2))

    def number(self, amount: Decimal) -> str:
        whole, point, part = f"{amount:,f}".partition(".")
        part = part.rstrip("0") if point else ""
        whole = whole.replace(",", self.words["thousands"])
        return f"{whole}{self.words['decimal']}{part}" if part else whole

    def say(self, key: str, **values: object) -> str:
        return self.words[key].format(**values)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Return the words by language; raises ``ValueError`` when one lacks what the other or a closed list has."""
    table = tomllib.loads((files("barometer.marks") / "sentence.toml").read_text("utf-8"))
    words = {language: dict(_flat(table[language])) for language in LANGUAGES}
    wanted = {f"reason.{word.value}" for closed in (Reason, BlockedBy) for word in closed}
    wanted |= {f"finding.{word}" for listed in WORDS.values() for word in listed}
    for language in LANGUAGES:
        missing = sorted((wanted | set().union(*words.values())) - words[language].keys())
        if missing:
            raise ValueError(f"sentence.toml: {language} lacks {', '.join(missing)}")
    return {language: {key: _typeset(text) for key, text in entries.items()} for language, entries in words.items()}


def _flat(table: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{above}{key}.")
        else:
            found.append((f"{above}{key}", value))
    return found


def _typeset(text: str) -> str:
    """Set no-break spaces: where the file says so, before a colon and, narrow, before a semicolon.

    Source of the spaces: Lexique des règles typographiques en usage à l'Imprimerie nationale.
    """
    return re.sub(r" ;", "\u202f;", text.replace("~", "\u00a0")).replace(" :", "\u00a0:")
