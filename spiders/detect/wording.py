"""What the words in front of a number say it is: a telephone, a fax, an identifier, a reference, an example."""

import re
from functools import cache
from typing import NamedTuple

from spiders.detect.document import BREAK
from spiders.detect.lexicon import fold, tag_of, tagged

REACH = 70
"""How many characters before a number are read, within its block."""
LABEL = 45
"""A block of at most so many characters can be the label of the number that stands alone in the next block."""

PHONE_WORDS = frozenset({"label", "call", "fax"})
"""Keys of ``phones.toml`` whose words announce a telephone line."""
_KEYS = ("label", "fax", "identifier", "reference", "reference_word", "example", "price", "call")


class Wording(NamedTuple):
    """The last telling word before a number: its key in ``phones.toml`` and what stands between it and the number."""

    key: str
    gap: str

    @property
    def announces_phone(self) -> bool:
        """Whether the word is a label of a telephone, or asks for a call."""
        return self.key in PHONE_WORDS

    @property
    def touches(self) -> bool:
        """Whether nothing but punctuation stands between the word and the number."""
        return _PUNCTUATION.fullmatch(self.gap) is not None

    @property
    def is_numbered(self) -> bool:
        """Whether only its kind and "number" stand between the word and the digits ("agrément préfectoral n°")."""
        return _NUMBERED.fullmatch(self.gap) is not None


NOTHING = Wording("", "")
_PUNCTUATION = re.compile(r"[\s:.,;#=*()\"'°\x02\x04–—>-]{0,8}|[\s:.]{0,3}(?:n|no|nr|num|numero|number)[\s:.°#]{0,3}")
_NUMBERED = re.compile(r"(?:[\s']{1,2}[^\W\d_]{1,24}){0,5}?\s?(?:n°|nº|no|nr|num|numero|number|nummer)[\s:.]{0,3}")
_OTHER_NUMBER = re.compile(r"\d(?:[\s.\-/()]{0,3}\d){5}")


def wording_before(text: str, start: int) -> Wording:
    """Return the nearest telling word before ``text[start]``, or :data:`NOTHING`.

    The word stands in the same block with no other number between, or in a short block right above a number that opens
    its own.
    """
    block = text.rfind(BREAK, max(0, start - REACH), start) + 1
    first = block or max(0, start - REACH)
    before = fold(text[first:start])
    found = _last(before)
    if found is not NOTHING or not block or before.strip(" \x02\x04\x05:.+(-"):
        return found
    close = block - 1
    above = text.rfind(BREAK, max(0, close - LABEL - 1), close) + 1
    if not above and close > LABEL:
        return NOTHING
    found = _last(fold(text[above:close]))
    return found if found.key != "example" and len(found.gap) <= _TRAILING else NOTHING


_TRAILING = 30
"""A label block may go on for so many characters after its telling word ("Téléphone (du lundi au vendredi)")."""


def _last(before: str) -> Wording:
    every = [found for found in _telling_words().finditer(before) if not _is_domain(before, found)]
    if not every:
        return NOTHING
    telling = every[-1]
    if len(every) > 1 and tag_of(every[-2]) in _NAMED_BY_NUMBER and _NUMBERED.fullmatch(before, every[-2].end()):
        telling = every[-2]
    gap = before[telling.end() :]
    return NOTHING if _OTHER_NUMBER.search(gap) else Wording(tag_of(telling), gap)


_NAMED_BY_NUMBER = frozenset({"identifier", "reference"})


def _is_domain(before: str, found: re.Match[str]) -> bool:
    """Tell whether a word is a piece of an address ("contact@shop.example")."""
    return tag_of(found) == "example" and before[found.start() - 1 : found.start()] in {".", "@", "/"}


@cache
def _telling_words() -> re.Pattern[str]:
    return tagged("phones", *_KEYS)
