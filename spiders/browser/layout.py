"""What a person can see of a page in one state, as it is kept: HTML with numbered elements, and where each stands.

Everything in here is plain values: a snapshot that was written to the evidence store is read back and judged again
without a browser.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

from spiders.detect.document import Document

SCHEMA = "barometer-snapshot/1"
"""Names the shape of :meth:`Snapshot.to_json`."""


class Box(NamedTuple):
    """A rectangle in CSS pixels of the page: its left and top edge from the page's corner, its width and height."""

    x: int
    y: int
    width: int
    height: int

    def moved(self, across: float, down: float, scale: float = 1.0) -> "Box":
        """Return the box as it lies on the page around a frame whose content starts at (*across*, *down*)."""
        left, top = round(across + self.x * scale), round(down + self.y * scale)
        return Box(left, top, round(self.width * scale), round(self.height * scale))

    def within(self, other: "Box") -> "Box | None":
        """Return what both boxes share, or ``None``."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def box_around(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box that holds *boxes*, or ``None`` where there are none."""
    edges = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
    if not edges:
        return None
    left, top, right, bottom = zip(*edges, strict=True)
    return Box(min(left), min(top), max(right) - min(left), max(bottom) - min(top))


class Element(NamedTuple):
    """One element of the HTML, found by its ``data-b``.

    ``kind`` is ``link``, ``button``, ``field``, ``form``, ``image``, ``frame``, ``heading``, ``landmark`` or ``part``.
    ``in_viewport`` tells that it begins on the first screen, ``in_header`` that it stands in the page's header or in a
    bar that stays at the top, ``fixed`` that it stays where it is when the page is scrolled. ``href`` is the target of
    a link.
    """

    number: int
    kind: str
    box: Box
    in_viewport: bool
    in_header: bool
    fixed: bool
    href: str = ""


class Piece(NamedTuple):
    """Some words of a run; ``box`` is ``None`` where they only have the box of the whole run."""

    text: str
    box: Box | None


class Run(NamedTuple):
    """The words of one text node that can be seen, the number of the element they stand in, and their box."""

    element: int
    box: Box
    pieces: tuple[Piece, ...]


class Picture(NamedTuple):
    """A picture whose alternative text or file name holds something like a number or an address."""

    element: int
    alternative: str
    file: str


class Frame(NamedTuple):
    """A frame that can be seen: the element it became, the address shown in it, whether nothing shows in it."""

    element: int
    url: str
    box: Box
    blank: bool


@dataclass(frozen=True)
class Snapshot:
    """One state of a page as a person sees it.

    ``html`` holds what can be seen and nothing else, hidden words of wordless links apart, which became their
    ``aria-label``. Boxes are in CSS pixels of the page; ``viewport`` and ``page`` are (width, height), ``scrolled`` is
    how far the window stood from the page's corner. ``truncated`` tells that the page had more elements than were
    looked at, ``locked`` that a layer keeps it from being scrolled.
    """

    url: str
    title: str
    html: str
    viewport: tuple[int, int]
    page: tuple[int, int]
    scrolled: tuple[int, int]
    locked: bool
    truncated: bool
    elements: dict[int, Element]
    runs: tuple[Run, ...]
    pictures: tuple[Picture, ...]
    frames: tuple[Frame, ...]

    @cached_property
    def document(self) -> Document:
        """The visible HTML as every detector reads it."""
        return Document(self.html.encode(), self.url, "text/html; charset=utf-8")

    def to_json(self) -> str:
        """Return all but the HTML as JSON, the same text for the same snapshot."""
        kept = {
            "schema": SCHEMA,
            "url": self.url,
            "title": self.title,
            "viewport": self.viewport,
            "page": self.page,
            "scrolled": self.scrolled,
            "locked": self.locked,
            "truncated": self.truncated,
            "elements": [
                [e.number, e.kind, *e.box, e.in_viewport + 2 * e.in_header + 4 * e.fixed, *([e.href] if e.href else [])]
                for e in self.elements.values()
            ],
            "runs": [[run.element, run.box, [_plain(piece) for piece in run.pieces]] for run in self.runs],
            "pictures": self.pictures,
            "frames": self.frames,
        }
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, layout: str, html: str) -> Self:
        """Return the snapshot that :meth:`to_json` and its ``html`` were kept from.

        Raises ``ValueError`` when *layout* is of another schema or broken.
        """
        kept = json.loads(layout)
        if not isinstance(kept, dict) or kept.get("schema") != SCHEMA:
            raise ValueError(f"a layout of the schema {SCHEMA} is wanted")
        try:
            return cls(
                url=kept["url"],
                title=kept["title"],
                html=html,
                viewport=(kept["viewport"][0], kept["viewport"][1]),
                page=(kept["page"][0], kept["page"][1]),
                scrolled=(kept["scrolled"][0], kept["scrolled"][1]),
                locked=kept["locked"],
                truncated=kept["truncated"],
                elements={record[0]: element_of(record) for record in kept["elements"]},
                runs=tuple(run_of(record) for record in kept["runs"]),
                pictures=tuple(Picture(*record) for record in kept["pictures"]),
                frames=tuple(Frame(number, url, Box(*box), blank) for number, url, box, blank in kept["frames"]),
            )
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"a broken layout: {error!r}") from error


def element_of(record: list[Any]) -> Element:
    """Return the element of a record ``[number, kind, x, y, width, height, flags, href?]``."""
    number, kind, x, y, width, height, flags = record[:7]
    href = record[7] if len(record) > 7 else ""
    return Element(number, kind, Box(x, y, width, height), bool(flags & 1), bool(flags & 2), bool(flags & 4), href)


def run_of(record: list[Any]) -> Run:
    """Return the run of a record ``[element, box, [[text, x?, y?, width?, height?], ...]]``."""
    number, box, pieces = record
    return Run(number, Box(*box), tuple(Piece(one[0], Box(*one[1:]) if len(one) > 1 else None) for one in pieces))


def _plain(piece: Piece) -> list[Any]:
    return [piece.text, *piece.box] if piece.box else [piece.text]
