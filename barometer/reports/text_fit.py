"""Whether a text fits its place, at which size, and on which lines: measured, so that no name runs off a slide or a badge.

Widths are those of DejaVu Sans, which comes with matplotlib and so is the same everywhere. No letter of Arial or Helvetica, in
which the text may be shown, is more than a tenth wider, and most are narrower: what fits here fits there.
"""

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

LEADING = 1.2
"""Height of a line, in sizes of its letters, as office programs set it."""
ELLIPSIS = "…"
_UNKNOWN = 1.05
"""Width of a letter that the font lacks, in sizes: Chinese letters and emoji fill a square."""
_SAFETY = 0.96

Width = Callable[[str], float]
"""The width of a text, in sizes of its letters."""


class Fitted(NamedTuple):
    """A text as it is set: whole or shortened, its lines, and the size of its letters in the unit of the place."""

    text: str
    lines: tuple[str, ...]
    size: float
    shortened: bool


def fitted(
    text: str, width: float, height: float, largest: float, smallest: float,
    *, width_of: Width | None = None, bold: bool = False, leading: float = LEADING, most_lines: int = 12,
) -> Fitted:  # fmt: skip
    """Return *text* at the largest size at which it fits *width* by *height*; words are broken only where nothing else helps.

    What does not fit at the smallest size ends with an ellipsis.
    """
    text = " ".join(filter(None, text.split(" ")))
    measured = width_of or width_in(bold)
    for may_break in (False, True):
        size = largest
        while size >= smallest:
            lines = wrapped(text, width * _SAFETY / size, measured, may_break)
            if lines is not None and len(lines) <= _room(height, size * leading, most_lines):
                return Fitted(text, tuple(lines), size, False)
            size = size - max(1.0, largest / 40)
    lines = wrapped(text, width * _SAFETY / smallest, measured, True) or [""]
    room = _room(height, smallest * leading, most_lines)
    if len(lines) <= room:
        return Fitted(text, tuple(lines), smallest, False)
    kept = _cut(lines, room, width * _SAFETY / smallest, measured)
    return Fitted(_beginning(text, kept), tuple(kept), smallest, True)


def wrapped(text: str, width: float, width_of: Width, may_break: bool) -> list[str] | None:
    """Return *text* on lines of at most *width*, in sizes; ``None`` where a word is wider and may not be broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        if width_of(word) > width and not may_break:
            return None
        *whole, line = _broken(word, width, width_of)
        lines += whole
    return [*lines, line] if line or not lines else lines


@cache
def width_in(bold: bool) -> Width:
    """Return the measure of texts in DejaVu Sans, *bold* or not."""
    # Capitals of Arial are up to a twelfth wider than those of DejaVu's regular face; its bold face is the wider one.
    measured = width_by_letters("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    return measured if bold else lambda text: 1.08 * measured(text)


@cache
def width_by_letters(*names: str) -> Width:
    """Return the measure of texts in fonts of matplotlib, each letter in the first of them that has it."""
    fonts = [_font(name) for name in names]

    @cache
    def advance(letter: str) -> float:
        if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
            return 0.0
        if unicodedata.east_asian_width(letter) in ("W", "F"):
            return _UNKNOWN
        for font in fonts:
            if index := font.get_char_index(ord(letter)):
                return float(font.load_glyph(index).linearHoriAdvance) / 65536 / 100
        return _UNKNOWN

    return lambda text: sum(map(advance, text))


def clusters(text: str) -> Iterator[str]:
    """Yield the parts of *text* that may not be parted: a letter with its marks, an emoji with what joins it."""
    part = ""
    for letter in text:
        joins = unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf", "Sk") or part.endswith("\u200d")
        if part and not joins:
            yield part
            part = ""
        part += letter
    if part:
        yield part


def _room(height: float, line: float, most_lines: int) -> int:
    return max(1, min(most_lines, int(height / line)))


def _beginning(text: str, kept: list[str]) -> str:
    """Return *text* as far as the lines *kept* go: a word that was broken over two lines stays one word."""
    end = 0
    for line in (*kept[:-1], kept[-1].removesuffix(ELLIPSIS)):
        end = text.index(line, end) + len(line)
    return text[:end] + ELLIPSIS


def _broken(word: str, width: float, width_of: Width) -> list[str]:
    parts, part = [], ""
    for cluster in clusters(word):
        if part and width_of(part + cluster) > width:
            parts.append(part)
            part = ""
        part += cluster
    return [*parts, part]


def _cut(lines: list[str], room: int, width: float, width_of: Width) -> list[str]:
    """Return the first lines, the last of them ended by an ellipsis that still fits."""
    kept = lines[:room]
    last = list(clusters(kept[-1]))
    while last and width_of("".join(last).rstrip() + ELLIPSIS) > width:
        last.pop()
    return [*kept[:-1], "".join(last).rstrip() + ELLIPSIS]


@cache
def _font(name: str) -> "FT2Font":
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(get_data_path()) / "fonts" / "ttf" / name))
    font.set_size(100, 72)
    return font
