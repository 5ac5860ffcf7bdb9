"""Decks of slides, 16:9: words measured so that they stay in their boxes, notes for the speaker, properties of our own."""

import io
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from barometer.reports.text_fit import LEADING, Fitted, fitted

WIDTH, HEIGHT = 40 / 3, 7.5
"""A slide, in inches: 16 to 9."""
_EMU = 914_400
_POINTS = 72
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a deck that is given none: its bytes must not depend on the day they were made on."""


class Align(StrEnum):
    """Where a line stands in its box."""

    LEFT = "l"
    CENTRE = "ctr"
    RIGHT = "r"


class Anchor(StrEnum):
    """Where a text stands in its box."""

    TOP = "t"
    MIDDLE = "ctr"
    BOTTOM = "b"


class Box(NamedTuple):
    """A place on a slide, in inches from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


class Style(NamedTuple):
    """How a text is set: at most ``size`` points, at least ``smallest``; ``colour`` is RRGGBB, ``spacing`` in points."""

    size: float
    colour: str
    smallest: float = 10
    bold: bool = False
    align: Align = Align.LEFT
    anchor: Anchor = Anchor.TOP
    spacing: float = 0


class Deck:
    """A presentation without a slide yet. *language* is ``fr`` or ``en``; *made_on* is the date that it bears."""

    def __init__(
        self, title: str, language: str, *, subject: str = "", keywords: str = "", made_on: datetime = EPOCH
    ) -> None:
        from barometer.reports.deck_parts import blank_presentation

        self._presentation = blank_presentation(round(WIDTH * _EMU), round(HEIGHT * _EMU))
        self._properties = (title, subject, keywords, language, made_on)
        self._language = {"fr": "fr-FR", "en": "en-GB"}.get(language, language)

    def slide(self, background: str) -> "Slide":
        """Add a slide and return it; *background* is RRGGBB."""
        return Slide(
            self._presentation.slides.add_slide(self._presentation.slide_layouts[0]), background, self._language
        )

    def __len__(self) -> int:
        return len(self._presentation.slides)

    def to_bytes(self) -> bytes:
        """Return the file; the same slides are the same bytes."""
        from barometer.reports.deck_parts import dress_notes, packed, set_properties

        set_properties(self._presentation, *self._properties)
        dress_notes(self._presentation)
        return packed(self._presentation)


class Slide:
    """One slide; give it a title, which programs read out and list, and anything else."""

    def __init__(self, slide: Any, background: str, language: str) -> None:
        self._slide = slide
        self._language = language
        fill = slide.background.fill
        fill.solid()
        fill.fore_color.rgb = _colour(background)

    def title(self, text: str, box: Box, style: Style) -> Fitted:
        """Set the title of the slide."""
        shape = self._slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = map(_emu, box)
        return self._write(shape, text, box, style)

    def text(self, text: str, box: Box, style: Style, name: str = "text") -> Fitted:
        """Set a text; what does not fit at the smallest size ends with an ellipsis, which the answer tells."""
        shape = self._slide.shapes.add_textbox(*map(_emu, box))
        shape.name = name
        return self._write(shape, text, box, style)

    def block(self, box: Box, colour: str, rounded: float = 0) -> None:
        """Paint a block; *rounded* is the part of its shorter side that its corners take, 0 to 0.5."""
        from pptx.enum.shapes import MSO_SHAPE

        kind = MSO_SHAPE.ROUNDED_RECTANGLE if rounded else MSO_SHAPE.RECTANGLE
        shape = self._slide.shapes.add_shape(kind, *map(_emu, box))
        if rounded:
            shape.adjustments[0] = rounded
        shape.name = "block"
        shape.fill.solid()
        shape.fill.fore_color.rgb = _colour(colour)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def picture(self, content: bytes, box: Box, alt: str, align: Align = Align.CENTRE) -> None:
        """Put a picture (PNG or JPEG) into *box*, as large as it fits, its sides in proportion; *alt* says what it shows."""
        from PIL import Image

        with Image.open(io.BytesIO(content)) as image:
            across, down = image.size
        scale = min(box.width / across, box.height / down)
        width, height = across * scale, down * scale
        part = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}[align]
        left, top = box.left + (box.width - width) * part, box.top + (box.height - height) / 2
        shape = self._slide.shapes.add_picture(io.BytesIO(content), *map(_emu, (left, top, width, height)))
        shape.name = "picture"
        shape._element.nvPicPr.cNvPr.set("descr", alt)

    def notes(self, text: str) -> None:
        """Say what the speaker reads, one paragraph a line."""
        frame = self._slide.notes_slide.notes_text_frame
        frame.text = text
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                run._r.get_or_add_rPr().set("lang", self._language)

    def _write(self, shape: Any, text: str, box: Box, style: Style) -> Fitted:
        from pptx.util import Pt

        # Spaced letters are wider by so many points each, whatever their size.
        spread = 1 + style.spacing / max(style.size, 1) * 1.6 if style.spacing else 1
        found = fitted(
            text, box.width * _POINTS / spread, box.height * _POINTS, style.size, style.smallest,
            bold=style.bold, leading=LEADING,
        )  # fmt: skip
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame._txBody.bodyPr.set("anchor", style.anchor.value)
        paragraph = frame.paragraphs[0]
        paragraph._p.get_or_add_pPr().set("algn", style.align.value)
        run = paragraph.add_run()
        run.text = found.text
        run.font.size, run.font.bold = Pt(round(found.size * 2) / 2), style.bold
        run.font.color.rgb = _colour(style.colour)
        properties = run._r.get_or_add_rPr()
        properties.set("lang", self._language)
        if style.spacing:
            properties.set("spc", str(round(style.spacing * 100)))
        return found


def _colour(told: str) -> Any:
    from pptx.dml import color

    colours: Any = color
    return colours.RGBColor(*bytes.fromhex(told))


def _emu(inches: float) -> int:
    return round(inches * _EMU)
