"""The colours of the public exports: ink, paper, and an accent for each category, in turn."""

from typing import NamedTuple

INK = "12181F"
"""The background of slides and the colour of text on paper."""
SHADE = "26313B"
"""What stands back on :data:`INK`."""
PAPER = "FFFFFF"
SOFT = "B4BEC6"
"""Text of second rank on :data:`INK`: 9.4 to 1."""
QUIET = "586069"
"""Text of second rank on :data:`PAPER`: 6.3 to 1."""


class Accent(NamedTuple):
    """A colour as a ground for white text (at least 6 to 1), and as text on :data:`INK` (at least 8 to 1)."""

    deep: str
    bright: str


ACCENTS = (
    Accent("0E5A73", "7CCBE2"),
    Accent("6B2C63", "DFA8D8"),
    Accent("1F5E3A", "8FD6AA"),
    Accent("8A2F23", "F2AC9B"),
    Accent("27408B", "AEC1F5"),
    Accent("6E4A08", "E8C374"),
    Accent("4A3B8C", "C3B8F4"),
    Accent("0B5551", "78D5CD"),
)


def accent_of(number: int) -> Accent:
    """Return the accent of the category with *number*, counted from 1; 0 is the edition's own."""
    return ACCENTS[(number - 1) % len(ACCENTS)] if number else ACCENTS[0]
