"""Letters as outlines: a drawing that holds them looks the same wherever it is opened, whatever fonts are there.

The faces come with matplotlib: STIX General, a book face, and DejaVu Sans for what that one lacks. Scripts that join their
letters or run from right to left are set as they should be (by Raqm, inside matplotlib). What neither face has, Chinese
characters and most emoji among it, is left to the viewer's fonts.
"""

import unicodedata
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path as File
from typing import Any

from barometer.reports.text_fit import Width, width_by_letters

_UNIT = 100
_FALLBACK = "Georgia, 'Times New Roman', 'Liberation Serif', serif"


class Face(StrEnum):
    """A face of type; what it is called is the file of its first font."""

    BOOK = "STIXGeneral.ttf"
    BOLD = "STIXGeneralBol.ttf"
    PLAIN = "DejaVuSans.ttf"
    HEAVY = "DejaVuSans-Bold.ttf"


def width_of(face: Face) -> Width:
    """Return the measure of texts in *face*, in sizes; letters that are joined or set closer take less."""
    return width_by_letters(*_files(face))


def ink_width(text: str, face: Face) -> float:
    """Return how far the outline of *text* reaches, in sizes: less than its measure, which counts the air beside letters."""
    points, _ = _placed(text, face)
    return max((point[0] for point in points), default=0.0) / _UNIT


def lettered(text: str, x: float, y: float, size: float, face: Face, colour: str, anchor: float = 0) -> str:
    """Return *text* as SVG, its first line on *y*; *anchor* is the part of its width that stands left of *x*, 0 to 1."""
    if not has_letters(text, face):
        place = {0: "start", 0.5: "middle", 1: "end"}.get(anchor, "start")
        weight = "700" if face in (Face.BOLD, Face.HEAVY) else "400"
        return (
            f'<text x="{x:g}" y="{y:g}" font-family="{_FALLBACK}" font-size="{size:g}" font-weight="{weight}" '
            f'fill="#{colour}" text-anchor="{place}">{escape(text)}</text>'
        )
    points, codes = _placed(text, face)
    scale = size / _UNIT
    left = x - anchor * ink_width(text, face) * size
    return f'<path fill="#{colour}" d="{_outline(points, codes, left, y, scale)}"/>'


@cache
def has_letters(text: str, face: Face) -> bool:
    """Tell whether every visible letter of *text* is in the face or in the one that helps it out."""
    fonts = [_font(name) for name in _files(face)]
    return all(
        any(font.get_char_index(ord(letter)) for font in fonts)
        for letter in text
        if unicodedata.category(letter) not in ("Cf", "Zs")
    )


@cache
def _placed(text: str, face: Face) -> tuple[list[tuple[float, float]], list[int]]:
    """Return the points of the outline, a size being :data:`_UNIT`, and matplotlib's codes of what joins them."""
    from matplotlib.font_manager import get_font
    from matplotlib.textpath import text_to_path

    font = get_font([str(_folder() / name) for name in _files(face)])
    font.set_size(_UNIT, 72)
    glyphs, shapes, _ = text_to_path.get_glyphs_with_font(font, text)
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for glyph, across, up, scale in glyphs:
        outline, joints = shapes[glyph]
        points += [(float(px) * scale + across, float(py) * scale + up) for px, py in outline]
        codes += [int(code) for code in joints]
    return points, codes


def _outline(points: list[tuple[float, float]], codes: list[int], left: float, base: float, scale: float) -> str:
    """Return the points as the path of an SVG: codes 1 to 4 move, draw a line, a curve of one control point, of two."""
    parts, number = [], 0
    while number < len(codes):
        code = codes[number]
        if code == 79:
            parts.append("Z")
            number += 1
            continue
        length = {1: 1, 2: 1, 3: 2, 4: 3}[code]
        places = (f"{left + px * scale:.1f} {base - py * scale:.1f}" for px, py in points[number : number + length])
        parts.append({1: "M", 2: "L", 3: "Q", 4: "C"}[code] + " ".join(places))
        number += length
    return "".join(parts)


def _files(face: Face) -> tuple[str, ...]:
    help_out = Face.HEAVY if face in (Face.BOLD, Face.HEAVY) else Face.PLAIN
    return (face.value,) if face is help_out else (face.value, help_out.value)


@cache
def _folder() -> File:
    from matplotlib import get_data_path

    return File(get_data_path()) / "fonts" / "ttf"


@cache
def _font(name: str) -> Any:
    from matplotlib.ft2font import FT2Font

    return FT2Font(str(_folder() / name))
