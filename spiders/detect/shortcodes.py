"""Whether four or six digits are a short number: only a contact word beside them, or the price of the call, says so."""

import re
from functools import cache

from spiders.detect.document import BREAK
from spiders.detect.lexicon import fold, pattern
from spiders.detect.shape import counts_something
from spiders.detect.wording import wording_before

_GLUED = frozenset("+-/.,=_&#@%€$£")


def is_called(text: str, start: int, end: int) -> bool:
    """Tell whether the words around ``text[start:end]`` make it a number to call, not a year, a price or a postal code.

    A contact word stands before it ("composez le 3634", "Service clients : 3634"), or the price of the call after it.
    """
    before, after = text[start - 1 : start], text[end : end + 2]
    if (
        before in _GLUED
        or before.isalnum()
        or after[:1].isalnum()
        or _GOES_ON.match(text, end)
        or counts_something(text, end)
    ):
        return False
    if _is_priced(text, end):
        return True
    wording = wording_before(text, start)
    if wording.key not in {"label", "call"} or _SENTENCE_END.search(wording.gap) or _TOWN.match(text, end):
        return False
    left = _connectors().sub("", wording.gap)
    if not left.strip(" :.,;#=*()\"'°\x02\x04–—>-!"):
        return True
    return _STRONG_CONNECTOR.search(wording.gap) is not None


_GOES_ON = re.compile(r"[.,:/-]\d|[ .]\d{3}\b")
_SENTENCE_END = re.compile(r"[.!?;]\s")
_TOWN = re.compile(r"\s?[A-ZÉÈÎ][a-zéèêîôû]{2}")
_STRONG_CONNECTOR = re.compile(
    r"(?:^|\s)(?:au|op|on|unter|al|composez le|faites le|tapez le)\s(?:n°|numero|no|numéro)?\s?[:«\"']?\s?[\x04]?$"
)


def _is_priced(text: str, end: int) -> bool:
    """Tell whether the price of a call is said right behind the number or in the next block."""
    after = fold(text[end : end + 60])
    first, _, second = after.partition(BREAK)
    near = first if first.strip(" \x04)") else second.partition(BREAK)[0]
    return _price_words().search(near) is not None


@cache
def _connectors() -> re.Pattern[str]:
    return pattern("phones", "connector")


@cache
def _price_words() -> re.Pattern[str]:
    return pattern("phones", "tariff")
