"""Telephone numbers of a page: the merchant's as sightings, the others set aside with the reason.

A cheap pattern finds runs of digits; the way a number is written, the words before it and its place on the page decide
what it is. ``tel:`` links are read beside, since an icon may dial a number that is written nowhere.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from phonenumbers import PhoneMetadata

from spiders.detect.document import BREAK, TEL, Document
from spiders.detect.lexicon import fold, pattern
from spiders.detect.link import Link
from spiders.detect.numbering import (
    BETWEEN,
    INVISIBLE,
    SHORT,
    Written,
    dialled,
    digits_of,
    french_numbers,
    looks_invented,
    numbers_in,
    with_ascii_digits,
)
from spiders.detect.purpose import purpose_at
from spiders.detect.shape import continues, is_grouped, is_part_of_something, is_phone_like, other_meaning
from spiders.detect.shortcodes import is_called
from spiders.detect.sighting import Findings, SetAside, Sighting
from spiders.detect.tariffs import tariff_of_value
from spiders.detect.wording import Wording, wording_before
from storage.vocabulary import Channel, SetAsideReason

MOST = 2000
"""How many different numbers, and how many links, are judged on one page; a longer list is no contact page."""

OFTEN = 16
"""How many times one number that is not the merchant's here is looked at again elsewhere on the page."""

_RUN = re.compile(rf"\d(?:{BETWEEN}\d){{3,}}")
_LEAD = re.compile(r"[+(]{1,2} ?[+(]?$")
_DIGIT = re.compile(r"\d")
_FEWEST = 9
"""Digits of the shortest run that is explained when it is no number: a SIREN has nine."""
_MOST_DIGITS = 14
"""Digits of the longest: a SIRET has fourteen."""


_APART = 5
"""Characters that separate two numbers of one list, at most."""
_NOT_DIALLED = frozenset(
    {
        SetAsideReason.DATE,
        SetAsideReason.HOURS,
        SetAsideReason.PRICE,
        SetAsideReason.IDENTIFIER,
        SetAsideReason.REFERENCE,
    }
)
"""What is set aside for these reasons is told as it is written: it was never a telephone."""


def find_phones(document: Document, country: str) -> Findings:
    """Return the phones of *document* as a visitor from *country* (ISO code) would dial them.

    ``value`` is E.164, or a short number's national digits; each value is reported once, and not set aside when the
    page shows it as the merchant's elsewhere. The time is linear in the size of the page.
    """
    page = _Page(document, country.upper())
    page.read_text()
    if document.tel_links:
        page.read_links()
    others = [other for (value, _), other in page.others.items() if value not in page.sightings]
    return Findings(list(page.sightings.values()), others)


class _Place(NamedTuple):
    """Where a number stands: its span in ``Document.text``, the words before it, whether it is the text of a link."""

    start: int
    end: int
    wording: Wording
    linked: bool

    @property
    def announced(self) -> bool:
        """Whether a word or a link says that this is a telephone."""
        return self.linked or self.wording.announces_phone


class _Page:
    """What was found so far on one page."""

    def __init__(self, document: Document, country: str) -> None:
        self.document = document
        self.country = country
        self.fewest = _fewest_digits(country)
        self.links = list(_placed(document)) if document.tel_links else []
        self.marks = [mark for mark, _, _ in self.links]
        self.sightings: dict[str, Sighting] = {}
        self.judged: Counter[str] = Counter()
        self.others: dict[tuple[str, SetAsideReason], SetAside] = {}

    def read_text(self) -> None:
        """Judge every run of digits of the visible words."""
        text = self.document.text
        french = self.country == "FR"
        for run in _RUN.finditer(text):
            start, end = run.span()
            if end - start >= self.fewest or text[start - 1 : start] == "+":
                self._read_run(start, end)
            if french and text[start] in "13":
                self._read_short(start)

    def _read_run(self, start: int, end: int) -> None:
        text = self.document.text
        lead = _LEAD.search(text, max(0, start - 3), start)
        first = lead.start() if lead else start
        written = text[first:end]
        if not written.isascii():
            written = with_ascii_digits(written)
        numbers: list[Written] | tuple[Written, ...] = []
        if self.country == "FR":
            numbers = french_numbers(written, labelled=False)
        if not numbers and (self.country != "FR" or written.lstrip("( ").startswith(("+", "00"))):
            tail = text[end : end + 4].split(BREAK, 1)[0]
            numbers = numbers_in(written + tail, self.country) if _count(written) >= self.fewest - 1 else ()
        previous = -_APART
        for number in numbers:
            self._judge(number, first, follows=number.start - previous < _APART)
            previous = number.end
        if not numbers:
            self._explain(first, end)

    def _judge(self, number: Written, offset: int, follows: bool) -> None:
        """Report or set aside one number; *offset* is where its run starts, *follows* tells that one stands before."""
        start, end = offset + number.start, offset + number.end
        text = self.document.text
        if text[start - 1 : start] == "(" and ")" in text[start:end]:
            start -= 1
        if number.value in self.sightings or self._is_settled(number.value or text[start:end]):
            return
        place = self._place(start, end)
        if not place.linked and is_part_of_something(text, start, end, place.wording):
            return
        written = text[start:end].translate(INVISIBLE).strip()
        written = written if ")" in written else written.lstrip("(")
        reason = other_meaning(text, start, end, place.wording, known=True)
        if number.placeholder:
            reason = SetAsideReason.PLACEHOLDER
        elif number.value is None and reason is None and (place.announced or is_grouped(written)):
            reason = SetAsideReason.INVALID
        value = written if reason in _NOT_DIALLED or number.value is None else number.value
        in_row = not follows and continues(text, start, end)
        if reason is None and not place.announced and (in_row or not is_phone_like(written, self.country)):
            return
        if reason is None and number.value is None:
            return
        reason = reason or purpose_at(self.document, start, end, Channel.PHONE)
        if reason is not None:
            self._set_aside(value, reason, start, end)
        else:
            self._sight(value, written, place)

    def _explain(self, start: int, end: int) -> None:
        """Set a run aside that is no number, when a careless reader would take it for one."""
        text = self.document.text
        written = text[start : min(end, start + 60)]
        digits = digits_of(written)
        if end - start > 40 or not _FEWEST <= len(digits) <= _MOST_DIGITS:
            return
        if self._is_linked(start) or self._is_settled(written):
            return
        wording = wording_before(text, start)
        reason = other_meaning(text, start, end, wording, known=False)
        if reason is None and wording.announces_phone:
            if looks_invented(digits.lstrip("0") or digits, self.country):
                reason = SetAsideReason.PLACEHOLDER
            elif wording.key == "label" and wording.touches:
                reason = SetAsideReason.INVALID
        if reason is not None:
            self._set_aside(written.translate(INVISIBLE), reason, start, end)

    def _read_short(self, start: int) -> None:
        """Report a French short number when the words beside it ask for a call."""
        text = self.document.text
        found = SHORT.match(text, start)
        if found is None:
            return
        end = found.end()
        place = _Place(start, end, Wording("call", ""), self._is_linked(start))
        value = digits_of(found.group())
        if value in self.sightings or self._is_settled(value) or not (place.linked or is_called(text, start, end)):
            return
        reason = purpose_at(self.document, start, end, Channel.PHONE)
        if reason is not None:
            self._set_aside(value, reason, start, end)
        else:
            self._sight(value, found.group(), place)

    def read_links(self) -> None:
        """Report what ``tel:`` links dial, where something a person can see says that they do."""
        for mark, length, link in self.links[:MOST]:
            number = dialled(link.href, self.country)
            if number is None or number.value in self.sightings:
                continue
            address = " ".join(link.href.split(":", 1)[-1].split())
            value = number.value or address
            readable = _shows(link.text, value)
            if not readable and not _says_phone(link) and not self._is_labelled(mark):
                continue
            place = _Place(mark, mark + length, Wording("label", ""), True)
            if number.placeholder:
                reason: SetAsideReason | None = SetAsideReason.PLACEHOLDER
            elif number.value is None:
                reason = SetAsideReason.INVALID
            else:
                reason = purpose_at(self.document, self._number_in(mark, length), mark + length, Channel.PHONE)
            if reason is not None:
                self._set_aside(value, reason, mark, mark + length)
            else:
                self._sight(value, link.text if readable else address, place, readable)

    def _number_in(self, mark: int, length: int) -> int:
        """Return where the number of a link stands: at the first digit of its words, else behind them."""
        digit = _DIGIT.search(self.document.text, mark, mark + length + 2)
        return digit.start() if digit else mark + length

    def _is_labelled(self, mark: int) -> bool:
        """Tell whether a label stands right before a link: "Tél. :" and an icon."""
        wording = wording_before(self.document.text, mark)
        return wording.key == "label" and wording.touches

    def _is_settled(self, value: str) -> bool:
        """Tell whether *value* was judged often enough on this page, and count this time."""
        self.judged[value] += 1
        return self.judged[value] > OFTEN or len(self.judged) > MOST

    def _place(self, start: int, end: int) -> _Place:
        return _Place(start, end, wording_before(self.document.text, start), self._is_linked(start))

    def _is_linked(self, start: int) -> bool:
        """Tell whether ``text[start]`` is part of the words of a ``tel:`` link."""
        nearest = bisect_right(self.marks, start) - 1
        return nearest >= 0 and start <= self.links[nearest][0] + self.links[nearest][1]

    def _sight(self, value: str, display: str, place: _Place, readable: bool = True) -> None:
        confidence = 1.0 if place.announced and readable else 0.9 if place.announced else 0.8
        context = self.document.context(place.start, place.end)
        tariff = tariff_of_value(value, self.country)
        self.sightings[value] = Sighting(Channel.PHONE, value, display, context, readable, confidence, tariff)

    def _set_aside(self, value: str, why: SetAsideReason, start: int, end: int) -> None:
        if (value, why) not in self.others:
            self.others[value, why] = SetAside(Channel.PHONE, value, why, self.document.context(start, end))


def _placed(document: Document) -> Iterator[tuple[int, int, Link]]:
    """Yield each ``tel:`` link with the place of its mark in the text and the length of its words."""
    mark = -1
    for link in document.tel_links:
        mark = document.text.find(TEL, mark + 1)
        if mark < 0:
            return
        yield mark, len(link.text), link


def _shows(shown: str, value: str) -> bool:
    """Tell whether the words of a link hold the digits of the number it dials."""
    digits = digits_of(shown)
    return len(digits) >= 4 and (digits in value or value[-8:].lstrip("+") in digits)


def _says_phone(link: Link) -> bool:
    """Tell whether the words, the accessible name or the icon of a ``tel:`` link say that it calls.

    A link without any words but with a drawing in it is taken for a handset: nothing else is drawn into such links.
    """
    said = fold(link.label[:_SAID])
    if digits_of(link.text) or _SIGN.search(said) or _dial_words().search(said):
        return True
    if _icon_words().search(fold(link.icon[:_SAID])):
        return True
    return not link.text and link.node.css_first("svg,img") is not None


_SIGN = re.compile("[\u260e\u260f\u2706\u2121\U0001f4de\U0001f4f1\U0001f4f2\U0001f57f\U0001f57b\U0001f919\U0001f4f3]")


_SAID = 200
"""Characters of a label and of class names that are read: more is no label."""


@cache
def _dial_words() -> re.Pattern[str]:
    return pattern("phones", "dial")


@cache
def _icon_words() -> re.Pattern[str]:
    return pattern("phones", "icon")


@cache
def _fewest_digits(country: str) -> int:
    """Return how many digits the shortest number of *country* has, at least 7 (metadata of ``phonenumbers``)."""
    if country == "FR":
        return 9
    metadata = PhoneMetadata.metadata_for_region(country, None)
    lengths = metadata.general_desc.possible_length if metadata and metadata.general_desc else ()
    return max(7, min(lengths, default=7))


def _count(written: str) -> int:
    return sum(map(str.isdecimal, written))
