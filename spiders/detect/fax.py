"""Whether a number is a fax: by the label nearest to it."""

import re
from functools import cache
from typing import NamedTuple

from spiders.detect.document import BREAK
from spiders.detect.lexicon import fold, pattern, tag_of, tagged

REACH = 120
"""How many characters before a number, in its own block, may hold its label."""
LABEL = 40
"""A block of at most so many characters without digits may be the label of the next."""


class _Label(NamedTuple):
    is_fax: bool
    start: int
    end: int


def is_fax(text: str, block: int, start: int, end: int) -> bool:
    """Tell whether the number at ``text[start:end]`` is a fax; *block* is where its block starts.

    "Tél / Fax : x" is a telephone, and of "Tél / Fax : x / y" the second number is the fax.
    """
    before = fold(text[max(block, start - REACH) : start])
    labels = _labels(before)
    if labels:
        return _is_fax_after(labels, before, fold(text[end : end + 20]))
    if _LETTER_F.search(before) or _in_brackets(fold(text[end : end + 30])):
        return True
    return not before.strip(" \x02\x04\x05:.-") and _labelled_above(text, block, end)


def _is_fax_after(labels: list[_Label], before: str, after: str) -> bool:
    """Decide by the last label of the same block, and by the one it is paired with."""
    last = labels[-1]
    between = before[last.end :]
    numbers = len(_NUMBER.findall(between))
    pair = labels[-2] if len(labels) > 1 and _PAIRED.fullmatch(before, labels[-2].end, last.start) else None
    if pair is not None and pair.is_fax != last.is_fax:
        if numbers == 0 and not _ANOTHER.match(after):
            return False
        return (pair if numbers == 0 else last).is_fax
    if numbers:
        return last.is_fax and numbers == 1 and _JOINED.search(between) is not None
    return last.is_fax or (_in_brackets(after) and not last.is_fax)


_LETTER_F = re.compile(
    r"\bt(?:el)?\b.{8,60}[\s/|,;(–-]f\s?[.:]?\s?[\x04(]?$|(?:^|[\s/|,;(–-])f\s?:\s?[\x04(]?$|^f\.\s?[\x04(]?$"
)
_NUMBER = re.compile(r"\d(?:[\s.\-/()]{0,3}\d){5,}")
_PAIRED = re.compile(r"[\s.]{0,3}(?:[/&,+|-]|et|and|und|y|e|en|ou)?[\s.]{0,2}")
_ANOTHER = re.compile(r"\s?[/|,;–-]\s?[\x04]?[+(]?\d")
_JOINED = re.compile(r"\d\s?(?:[/,&]|ou|et|or|and|und|o|y)\s?[\x04]?\+?\(?$")


def _in_brackets(after: str) -> bool:
    """Tell whether the word right after a number says that it is a fax: "01 … (fax)"."""
    opening = _OPENING.match(after)
    word = _fax_words().match(after, opening.end()) if opening is not None else None
    return word is not None and _DIGIT.search(after, word.end()) is None


_OPENING = re.compile(r"\s?[(\[-]\s?")


def _labelled_above(text: str, block: int, end: int) -> bool:
    """Decide for a number that stands alone in its block, by the label block above or the row of labels above."""
    numbers_between = 0
    row: list[bool] = []
    for _ in range(6):
        close = block - 1
        if close <= 0:
            break
        block = text.rfind(BREAK, 0, close) + 1
        if close - block > LABEL:
            break
        words = fold(text[block:close])
        labels = _labels(words)
        if labels and not _DIGIT.search(words, labels[-1].end):
            row.append(labels[-1].is_fax and len({label.is_fax for label in labels}) == 1)
        elif not row and _ALONE.fullmatch(words):
            numbers_between += 1
        else:
            break
    row.reverse()
    alone_below = _ALONE.match(fold(text[end + 1 : end + 2 + LABEL]).split(BREAK, 1)[0]) is not None
    if len(row) > 1 and (numbers_between or alone_below):
        return numbers_between < len(row) and row[numbers_between]
    return bool(row) and numbers_between == 0 and row[-1]


_DIGIT = re.compile(r"\d")
_ALONE = re.compile(r"[\s\x02\x04+(]{0,4}\d(?:[\s.\-/()]{0,3}\d){5,}\s?")


def _labels(words: str) -> list[_Label]:
    return [_Label(tag_of(found) == "fax", found.start(), found.end()) for found in _label_words().finditer(words)]


@cache
def _label_words() -> re.Pattern[str]:
    return tagged("phones", "fax", "label")


@cache
def _fax_words() -> re.Pattern[str]:
    return pattern("phones", "fax")
