"""What stands in front of a site instead of the site: challenges, logins, maintenance, parked names. Pure.

A wall is named, never scored: what lies behind it was not measured.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from spiders.detect.document import Document
from spiders.detect.lexicon import fold
from storage.vocabulary import Reason

LOGIN_WORDS = 250
"""Words that a page may show and still be no more than a login form (ours)."""


class _Wall(NamedTuple):
    reason: Reason
    statuses: frozenset[int]
    marks: tuple[str, ...]
    words: tuple[str, ...]
    most_words: int | None


def wall_of(status: int, document: Document) -> Reason | None:
    """Return what stands in front of the site, or ``None`` where *document*, answered with *status*, is a page of it.

    A wall that answers like a page is told by its words only where it shows few others: a shop may well write about
    maintenance.
    """
    walls = [wall for wall in _walls() if status in wall.statuses]
    if not walls:
        return None
    shown = len(document.text.split())
    text, source = fold(document.text[:4000] + " " + document.title), document.html[:200_000].lower()
    for wall in walls:
        if wall.most_words is not None and shown > wall.most_words:
            continue
        if any(mark in source for mark in wall.marks) or any(word in text for word in wall.words):
            return wall.reason
    return None


def is_login_wall(document: Document) -> bool:
    """Tell whether a page is little more than a form for a name and a password."""
    asks = document.tree.css_first("input[type=password]") is not None
    return asks and len(document.text.split()) <= LOGIN_WORDS and document.tree.css_first("textarea") is None


@cache
def _walls() -> tuple[_Wall, ...]:
    told = tomllib.loads((files("spiders.detect") / "walls.toml").read_text("utf-8"))["wall"]
    return tuple(
        _Wall(
            Reason(entry["reason"]), frozenset(entry["statuses"]), tuple(entry.get("marks", ())),
            tuple(fold(word) for word in entry.get("words", ())), entry.get("most_words"),
        )
        for entry in told
    )  # fmt: skip
