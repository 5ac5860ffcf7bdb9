"""What a written number stands for: the French way of writing numbers, other countries' by ``phonenumbers``.

Nothing here knows a page: a string comes in, numbers come out, and every answer is remembered.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

from spiders.detect.lexicon import words

BETWEEN = r"[ .\-/()\[\]·•–—‐‑‒_|\u200b-\u200f\u2060\ufeff\u00ad]{0,4}"
"""What may stand between two digits of one number, at most four characters of it."""
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
"""Zero-width characters, which some pages put into numbers."""
OVERSEAS = {
    **dict.fromkeys(("0262", "0263", "0692", "0693"), "RE"),
    **dict.fromkeys(("0269", "0639"), "YT"),
    **dict.fromkeys(("0590", "0690", "0691"), "GP"),
    **dict.fromkeys(("0594", "0694"), "GF"),
    **dict.fromkeys(("0596", "0696", "0697"), "MQ"),
}
"""First digits of the French plan that belong to overseas regions, which have country codes of their own (ARCEP)."""
SHORT = re.compile(r"(?:3 ?\d ?\d ?\d|10[ .]?\d\d|11[68][ .]?\d ?\d ?\d)(?!\d)")
"""A French short number: 3xxx, 10xx, 116xxx, 118xxx (ARCEP plan)."""
LONGEST_RUN = 250
"""Characters of one run that are given to the matcher of ``phonenumbers`` at a time."""


class Written(NamedTuple):
    """A number found in a string: its E.164 value, ``None`` if the plan knows no such number, and where it stands."""

    value: str | None
    start: int
    end: int
    placeholder: bool


_MAINLAND = re.compile(
    rf"(?:(?:(?<!\d)00|\+){BETWEEN}33{BETWEEN}0?|(?<![\d+])0){BETWEEN}(?P<rest>[1-9](?:{BETWEEN}\d){{8}})(?!\d)"
)
_EACH_MAINLAND = re.compile(f"(?=({_MAINLAND.pattern}))")
_TRUNKLESS = re.compile(rf"(?<!\d)33{BETWEEN}(?P<rest>[1-9](?:{BETWEEN}\d){{8}})(?!\d)")


def french_numbers(run: str, labelled: bool) -> list[Written]:
    """Return the French numbers that *run* writes in full, in order; *labelled* allows a bare ``33`` in front.

    When several readings overlap, the one that starts the run wins, then the one that ends it: in "2024-01 01 99 00 12
    34" the number is the last ten digits.
    """
    found = list(_MAINLAND.finditer(run))
    if not found and labelled:
        found = list(_TRUNKLESS.finditer(run))
    elif found and found[0].start() > 2 and len(run) < LONGEST_RUN:
        last = found[-1]
        each = [(again.start(1), again.end(1)) for again in _EACH_MAINLAND.finditer(run)]
        ending = [span for span in each if span[1] == len(run) and span[0] > last.start()]
        if ending and last.end() != len(run) and ending[0][0] < last.end():
            found[-1] = _MAINLAND.match(run, ending[0][0]) or last
    return [_french(one) for one in found]


def _french(found: re.Match[str]) -> Written:
    national = "0" + digits_of(found["rest"])
    return Written(_french_value(national), found.start(), found.end(), looks_invented(national[1:], "FR"))


@lru_cache(maxsize=4096)
def _french_value(national: str) -> str | None:
    """Return the E.164 value of ten French digits, as the mainland or an overseas region has them."""
    number = phonenumbers.parse(national, OVERSEAS.get(national[:4], "FR"))
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def numbers_in(run: str, country: str) -> tuple[Written, ...]:
    """Return the numbers that ``phonenumbers`` finds valid in *run*, as *country* writes them or with a country code.

    Runs of more than :data:`LONGEST_RUN` characters are read in pieces, so that the time stays linear.
    """
    found: list[Written] = []
    for offset in range(0, len(run), LONGEST_RUN):
        piece = run[offset : offset + LONGEST_RUN]
        for match in PhoneNumberMatcher(piece, country, leniency=Leniency.VALID, max_tries=64):
            value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            national = phonenumbers.national_significant_number(match.number)
            invented = looks_invented(national, "US" if match.number.country_code == 1 else country)
            found.append(Written(value, offset + match.start, offset + match.end, invented))
    return tuple(found)


@lru_cache(maxsize=1024)
def dialled(href: str, country: str) -> Written | None:
    """Return the number that a ``tel:`` link dials, ``None`` when it names none (no digits, or an emergency number).

    Doubled schemes, escapes, a misplaced ``(0)``, ``0033``, a plus before a national number and extensions are read as
    the author meant them. A short French number keeps its national digits.
    """
    target = unquote(href[:200]).translate(INVISIBLE).strip()
    scheme = _SCHEMES.match(target)
    target = _TAIL.split(target[scheme.end() if scheme else 0 :], maxsplit=1)[0]
    digits = digits_of(target)
    if len(digits) < 4:
        return None
    plus = "+" if "+" in target else ""
    if country == "FR":
        if not plus and SHORT.fullmatch(digits):
            return Written(digits, 0, len(target), False)
        for reading in (target, plus + digits, digits):
            french = french_numbers(reading, labelled=True)
            if french:
                return french[0]
    elif (
        not plus
        and 4 <= len(digits) <= 6
        and phonenumbers.is_valid_short_number_for_region(
            phonenumbers.PhoneNumber(national_number=int(digits)), country
        )
    ):
        return Written(digits, 0, len(target), False)
    readings = (_VANITY.sub("", target), digits, f"+{digits}" if len(digits) >= _WITH_COUNTRY else digits)
    return next(filter(None, (_parsed(reading, country) for reading in readings)), _unknown(digits, country, target))


_SCHEMES = re.compile(r"(?:(?:https?://)?/?(?:tel|callto|phone)[:/\s]*)*", re.I)
_TAIL = re.compile(r"[;?,#]|(?<=\d)\s*[pwPW](?=\d)|(?<=\d)\s*(?:ext|poste|x)\b", re.I)
_VANITY = re.compile(r"[^\w+().\- ]")


_WITH_COUNTRY = 11
"""From so many digits on, a number that the country's plan does not know is tried as one with its country code."""


def _parsed(target: str, country: str) -> Written | None:
    try:
        number = phonenumbers.parse(target, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    national = phonenumbers.national_significant_number(number)
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Written(value, 0, len(target), looks_invented(national, "US" if number.country_code == 1 else country))


def _unknown(digits: str, country: str, target: str) -> Written:
    return Written(None, 0, len(target), looks_invented(digits.lstrip("0") or digits, country))


def digits_of(written: str) -> str:
    """Return the digits of *written*, as ASCII."""
    kept = "".join(filter(str.isdecimal, written))
    return kept if kept.isascii() else with_ascii_digits(kept)


def with_ascii_digits(written: str) -> str:
    """Return *written* with the digits of other scripts as ASCII, character for character."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in written)


def looks_invented(national: str, country: str) -> bool:
    """Tell whether *national*, significant digits without trunk prefix, is a number typed to show what one looks like.

    That is a number all but one of whose digits are one digit repeated or count up or down, a French number with one of
    the endings of ``placeholder_ending``, and in North America the exchange 555, which is kept for fiction.
    """
    if len(national) < 7:
        return False
    if any(_longest(national, step) >= max(7, len(national) - 1) for step in (0, 1, -1)):
        return True
    if country == "FR":
        return national[-8:] in _placeholder_endings() and not national.startswith("8")
    if country in {"US", "CA"} and len(national) == 10 and national[:3] not in _TOLL_FREE:
        return national[3:6] == "555" or national[:3] == "555"
    return "1234567" in national[-8:]


_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})


def _longest(digits: str, step: int) -> int:
    """Return the length of the longest stretch where each digit is the one before plus *step*; 0 comes after 9."""
    longest = current = 1
    for left, right in pairwise(digits):
        current = current + 1 if (int(left) + step) % 10 == int(right) else 1
        longest = max(longest, current)
    return longest


@cache
def _placeholder_endings() -> frozenset[str]:
    return frozenset(words("phones", "placeholder_ending"))
