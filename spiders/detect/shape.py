"""What the way digits are written says of them: a telephone, a date, opening hours, a price, a piece of an address."""

import re
from functools import cache

from spiders.detect.lexicon import fold, pattern
from spiders.detect.wording import Wording
from storage.vocabulary import SetAsideReason

_GROUPINGS = frozenset(
    {
        (10,), (1, 9), (2, 8), (5, 5),
        (2, 2, 2, 2, 2), (1, 1, 2, 2, 2, 2), (4, 2, 2, 2), (1, 3, 2, 2, 2), (2, 2, 2, 4), (2, 2, 4, 2), (2, 4, 2, 2),
        (4, 3, 3), (1, 3, 3, 3), (2, 2, 3, 3), (2, 3, 3, 2), (2, 3, 2, 3), (2, 4, 4), (4, 2, 4), (2, 2, 6),
    }
)  # fmt: skip
"""How French pages group the ten digits of a number; other groupings need a word that says "telephone"."""
_DATE = re.compile(
    r"(?:(?:19|20)\d\d([-/. ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)
_HOURS = re.compile(r"(?:[01]?\d|2[0-4])[.:h][0-5][05]\s?[-–—/]\s?(?:[01]?\d|2[0-4])[.:h][0-5][05](?!\d)")
_CURRENCY_BEFORE = re.compile(r"(?:[€$£]|\b(?:eur|usd|chf|gbp))\s?$", re.I)
_CURRENCY_AFTER = re.compile(r"(?:[.,]\d{1,2})?\s?(?:[€$£]|(?:euros?|eur|usd|chf|gbp|francs)\b|k€|m€)", re.I)
_SEPARATED = re.compile(r"\d[^\d]+\d")
_NEAR = 25
"""How far a strong word ("SIRET", "n° de commande") may stand before digits that are not grouped as a telephone."""
_FAR = 40
"""The same for a run that no telephone plan knows."""


def is_grouped(written: str) -> bool:
    """Tell whether *written* has separators between its digits, as telephones do and most references do not."""
    return _SEPARATED.search(written.lstrip("+(0) ")) is not None


def is_phone_like(written: str, country: str) -> bool:
    """Tell whether *written* alone, with no word that says so, looks like a telephone of *country*."""
    if "+" in written or written.lstrip("( ").startswith("00"):
        return True
    groups = tuple(len(group) for group in _DIGITS.findall(written))
    if country != "FR":
        return groups.count(1) <= _LONE_DIGITS
    return groups in _GROUPINGS and len({mark.strip() for mark in _MARKS.findall(written)} - {"", "(", ")"}) <= 1


_LONE_DIGITS = 6
"""With more digits that stand alone, a row of figures is a pager ("1 2 3 4 5 6 7"), in any country."""
_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"[^\d]+")


def continues(text: str, start: int, end: int) -> bool:
    """Tell whether ``text[start:end]`` goes on in groups of two digits, as a draw of lots or a row of a table does."""
    return _GOES_ON.match(text, end) is not None or _COMES_FROM.search(text, max(0, start - 4), start) is not None


_GOES_ON = re.compile(r"[ .\-](?!0[1-9](?:[ .\-]\d\d){4})\d\d(?!\d)")
_COMES_FROM = re.compile(r"(?<!\d)\d\d[ .\-]$")


def other_meaning(text: str, start: int, end: int, wording: Wording, known: bool) -> SetAsideReason | None:
    """Return what ``text[start:end]`` is when it is no telephone: date, hours, price, identifier, reference, example.

    *known* says that a telephone plan knows the digits; unknown digits are explained by words that stand farther off.
    """
    written = text[start:end].lstrip("+( ")
    if _DATE.match(written):
        return SetAsideReason.DATE
    if not wording.announces_phone and _HOURS.match(written):
        return SetAsideReason.HOURS
    if _CURRENCY_AFTER.match(text, end, end + 12) or _CURRENCY_BEFORE.search(text, max(0, start - 4), start):
        return SetAsideReason.PRICE
    return _by_wording(written, wording, known)


def _by_wording(written: str, wording: Wording, known: bool) -> SetAsideReason | None:
    """Return what the word before says that *written* is; digits grouped as a telephone need it right before them."""
    grouped = known and is_grouped(written)
    reach = 0 if grouped else _NEAR if known else _FAR
    if wording.key in _STRONG and (wording.touches or len(wording.gap) <= reach or wording.is_numbered):
        return _STRONG[wording.key]
    if wording.key in _WEAK and wording.touches and not grouped:
        return _WEAK[wording.key]
    return SetAsideReason.PLACEHOLDER if wording.key == "example" and len(wording.gap) <= _NEAR else None


_STRONG = {"identifier": SetAsideReason.IDENTIFIER, "reference": SetAsideReason.REFERENCE}
_WEAK = {"reference_word": SetAsideReason.REFERENCE, "price": SetAsideReason.PRICE}


def is_part_of_something(text: str, start: int, end: int, wording: Wording) -> bool:
    """Tell whether ``text[start:end]`` is a piece of an address, a decimal, a time or a code."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if after == "@" or before in {"=", "_", "&", "@", "%"} or (before == "," and text[start - 2 : start - 1].isdigit()):
        return True
    if _TIME_OR_FILE.match(text, end) or (before == "/" and _ADDRESS.search(text, max(0, start - 80), start)):
        return True
    if _BOX.search(text, max(0, start - 8), start) and _BOX_AND_TOWN.match(text, start):
        return True
    if is_grouped(text[start:end]):
        return False
    glued = before.isalpha() and not (wording.announces_phone and not wording.gap.strip())
    return (
        glued
        or after.isalpha()
        or (before == "-" and text[start - 2 : start - 1].isalnum())
        or _CODE_GOES_ON.match(text, end) is not None
    )


_BOX = re.compile(r"(?<![A-Za-z])(?:BP|B\.P\.|CS|TSA) ?$")
_BOX_AND_TOWN = re.compile(r"\d{5}[ ,–—-]{1,3}\d{5}(?!\d)")
"""A post-office box and the postal code behind it ("BP 05361 – 05100 Briançon") have the digits of a telephone."""
_TIME_OR_FILE = re.compile(r":\d\d|\.(?:com|fr|net|org|html?|php|jpe?g|png|gif|pdf|webp)\b", re.I)
_ADDRESS = re.compile(r"(?://|www\.|\.[a-z]{2,4}/)\S*$", re.I)
_CODE_GOES_ON = re.compile(r"[-_][A-Za-z]|[.,]\d")


def counts_something(text: str, end: int) -> bool:
    """Tell whether the digits that end at *end* number a house or count something ("1050 avenue", "3000 clients")."""
    found = _AFTER_QUANTITY.match(text, end)
    rest = fold(text[found.end() if found else end : end + 24])
    return _quantity_words().match(rest) is not None or rest[:1] in {"€", "%", "$", "£"}


_AFTER_QUANTITY = re.compile(r"[\s,]{0,3}")


@cache
def _quantity_words() -> re.Pattern[str]:
    return pattern("phones", "street", "quantity")
