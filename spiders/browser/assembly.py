"""The frames of a page, each read by itself, put into one snapshot: one HTML text and one table of boxes."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from spiders.browser.layout import Box, Element, Frame, Picture, Run, Snapshot, element_of, run_of

_FRAME_MARK = re.compile("\x01(\\d+)\x02(\\d+)\x02([^\x01]*)\x01")


@dataclass
class Sight:
    """One frame as it was read, with the frames in it by the place they have in its answer."""

    answer: dict[str, Any]
    frames: list["Sight | None"] = field(default_factory=list)


def assembled(top: Sight) -> Snapshot:
    """Return the snapshot of the page whose own frame is *top*."""
    answer = top.answer
    assembly = _Assembly()
    viewport = (answer["window"][0], answer["window"][1])
    body = assembly.add(top, _Place(), viewport[1])
    language = f' lang="{escape(answer["lang"])}"' if answer["lang"] else ""
    return Snapshot(
        url=answer["url"],
        title=answer["title"],
        html=f'<!DOCTYPE html><html{language}><head><meta charset="utf-8">{answer["head"]}</head>{body}</html>',
        viewport=viewport,
        page=(answer["page"][0], answer["page"][1]),
        scrolled=(answer["scrolled"][0], answer["scrolled"][1]),
        locked=answer["locked"],
        truncated=assembly.truncated,
        elements=dict(sorted(assembly.elements.items())),
        runs=tuple(assembly.runs),
        pictures=tuple(assembly.pictures),
        frames=tuple(assembly.frames),
    )


class _Assembly:
    """Puts the frames of a page into one text and one table."""

    def __init__(self) -> None:
        self.elements: dict[int, Any] = {}
        self.runs: list[Run] = []
        self.pictures: list[Picture] = []
        self.frames: list[Frame] = []
        self.truncated = False

    def add(self, sight: Sight, place: "_Place", viewport_height: int) -> str:
        """Add what was seen in one frame and return its HTML, the frames in it included."""
        answer = sight.answer
        self.truncated |= answer["truncated"]
        for record in answer["elements"]:
            element = element_of(record)
            self.elements[element.number] = place.element(element, viewport_height)
        self.pictures += (Picture(*record) for record in answer["pictures"])
        frames = {record[0]: record for record in answer["frames"]}
        texts: dict[int, str] = {}
        for record in answer["runs"]:
            if record[0] == "frame":
                texts[record[1]] = self._add_frame(sight, frames[record[1]], place, viewport_height)
                continue
            run = run_of(record)
            pieces = (piece._replace(box=piece.box and place.of(piece.box)) for piece in run.pieces)
            self.runs.append(Run(run.element, place.of(run.box), tuple(pieces)))
        return _FRAME_MARK.sub(lambda mark: _framed(mark, texts, frames, sight), answer["html"])

    def _add_frame(self, sight: Sight, record: list[Any], place: "_Place", viewport_height: int) -> str:
        index, number, corner, scale, area = record
        inner = sight.frames[index]
        element = self.elements.get(number)
        box = element.box if element else place.of(Box(*area))
        html = ""
        if inner is not None:
            held = _Place(
                place.across + corner[0] * place.scale,
                place.down + corner[1] * place.scale,
                scale * place.scale,
                box,
                bool(element and element.fixed),
                bool(element and element.in_header),
            )
            html = self.add(inner, held, viewport_height)
        url = inner.answer["url"] if inner is not None else ""
        self.frames.append(Frame(number, url, box, not html))
        return html


@dataclass(frozen=True)
class _Place:
    """Where a frame's page begins on the page around it, how much smaller it is drawn, the box it is seen in."""

    across: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    inside: Box | None = None
    fixed: bool = False
    in_header: bool = False

    def element(self, element: Element, viewport_height: int) -> Element:
        """Return an element of the frame as it stands on the page."""
        if self.inside is None:
            return element
        box = self.of(element.box)
        seen = self.fixed or box.y < viewport_height
        return Element(element.number, element.kind, box, seen, self.in_header, self.fixed, element.href)

    def of(self, box: Box) -> Box:
        """Return a box of the frame on the page; what the frame must be scrolled to is given the frame's own box."""
        if self.inside is None:
            return box
        return box.moved(self.across, self.down, self.scale).within(self.inside) or self.inside


def _framed(mark: re.Match[str], texts: dict[int, str], frames: dict[int, list[Any]], sight: Sight) -> str:
    """Return a frame as HTML: a block with what is seen in it, or an empty ``<iframe>`` where nothing is."""
    index, number, title = int(mark.group(1)), mark.group(2), mark.group(3)
    inner = sight.frames[index] if index in frames else None
    url = escape(inner.answer["url"]) if inner is not None else ""
    text = texts.get(index, "")
    if not text:
        return f'<iframe data-b="{number}" src="{url}" title="{title}"></iframe>'
    return f'<div data-b="{number}" data-frame="{url}" title="{title}">{text}</div>'
