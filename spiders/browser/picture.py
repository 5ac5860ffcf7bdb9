"""Pictures of a state: the whole page with its address and the time below it, and the place of a sighting outlined.

The margin lies below the page, so that a place in the picture is a place on the page.
"""

import asyncio
import base64
import contextlib
import io
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Self

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from playwright.async_api import Error, Page

from spiders.browser.layout import Box

TALLEST = 12_000
"""Rows of the page that one picture holds (ours)."""
WIDEST = 4_000
"""Columns of the page that one picture holds (ours)."""
MARGIN = 52
"""Rows of the margin below the page (ours)."""
COLOURS = 192
"""Colours of a picture's palette (ours): letters stay crisp, photographs stay recognisable, and a file stays small."""
CLOSE_WIDTH, CLOSE_HEIGHT = 760, 320
"""Smallest close-up of a sighting (ours)."""

FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc")
"""Fonts of the margin and the labels, the first one that the machine has: common on Linux, Windows and macOS."""

_PAPER, _INK, _FAINT, _RULE = (247, 247, 244), (24, 28, 33), (96, 103, 112), (24, 28, 33)
_SIGNAL, _LIGHT, _DARK = (214, 0, 86), (255, 255, 255), (20, 20, 20)
_SCREENSHOT_SECONDS = 15.0
_DETACH_SECONDS = 2.0


@dataclass(frozen=True)
class StatePicture:
    """A picture of one state of a page, with a margin of ``margin`` rows below it.

    ``top`` is the row of the page that the picture begins with, ``url`` and ``at`` what the margin says.
    """

    image: Image.Image
    url: str
    at: datetime
    margin: int = MARGIN
    top: int = 0

    @property
    def png(self) -> bytes:
        """The picture as PNG, with address, time and margin in it; the same bytes for the same pixels."""
        notes = PngImagePlugin.PngInfo()
        for key, value in (("url", self.url), ("at", _stamp(self.at)), ("margin", self.margin), ("top", self.top)):
            notes.add_itxt(key, str(value))
        return _encoded(self.image, notes)

    @classmethod
    def read(cls, png: bytes) -> Self:
        """Return the picture that :attr:`png` was written from. Raises ``ValueError`` when it is not one of ours."""
        try:
            image = Image.open(io.BytesIO(png))
            notes = {key: str(value) for key, value in image.info.items()}
            at = datetime.strptime(notes["at"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
            picture = cls(image.convert("RGB"), notes["url"], at, int(notes["margin"]), int(notes["top"]))
        except (KeyError, ValueError, OSError, Image.DecompressionBombError) as error:
            raise ValueError(f"not a picture of a state: {error}") from error
        return picture

    def holds(self, box: Box) -> bool:
        """Tell whether any of *box* lies in the picture."""
        return self._area(box) is not None

    def _area(self, box: Box) -> Box | None:
        """Return *box* in the picture's own coordinates, or ``None`` where it lies outside."""
        page = Box(0, 0, self.image.width, self.image.height - self.margin)
        shown = Box(box.x, box.y - self.top, max(1, box.width), max(1, box.height))
        return shown.within(page)


async def state_picture(
    page: Page, path: Path | None = None, *, at: datetime | None = None, top: int = 0
) -> StatePicture:
    """Take a picture of *page* from row *top* of it on, and write it to *path* if one is given.

    *at* is the time in the margin, now by default. At most :data:`TALLEST` rows are taken. Raises Playwright's ``Error``
    when the page is gone, ``TimeoutError`` when it takes too long.
    """
    at = at or datetime.now(UTC)
    async with asyncio.timeout(_SCREENSHOT_SECONDS):
        png = await _shot(page, top)
    picture = with_margin(Image.open(io.BytesIO(png)).convert("RGB"), page.url, at, top)
    if path is not None:
        path.write_bytes(picture.png)
    return picture


async def _shot(page: Page, top: int) -> bytes:
    """Return *page* from row *top* on as PNG, by the developer tools.

    Playwright's own screenshots end or rewind what is animated, and the page then no longer stands where it was measured.
    """
    session = await page.context.new_cdp_session(page)
    try:
        metrics = await session.send("Page.getLayoutMetrics")
        size = metrics["cssContentSize"]
        clip = {
            "x": 0, "y": top, "width": max(1, min(WIDEST, size["width"])),
            "height": max(1, min(TALLEST, size["height"] - top)), "scale": 1,
        }  # fmt: skip
        shot = await session.send(
            "Page.captureScreenshot",
            {"format": "png", "clip": clip, "captureBeyondViewport": True, "optimizeForSpeed": True},
        )
    finally:
        # A page that hangs does not even let go.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(_DETACH_SECONDS):
                await session.detach()
    return base64.b64decode(shot["data"])


def with_margin(page: Image.Image, url: str, at: datetime, top: int = 0) -> StatePicture:
    """Return *page* with a margin below it that says where and when it was seen."""
    whole = Image.new("RGB", (page.width, page.height + MARGIN), _PAPER)
    whole.paste(page, (0, 0))
    pen = ImageDraw.Draw(whole)
    end = page.height
    pen.rectangle((0, end, page.width, end + 1), fill=_RULE)
    stamp = _stamp(at) + (f"  ·  from row {top}" if top else "")
    small, large = _font(13), _font(16)
    pen.text((16, end + 9), _shortened(url, large, page.width - 32), fill=_INK, font=large)
    pen.text((16, end + 30), _written(stamp, small), fill=_FAINT, font=small)
    return StatePicture(whole, url, at.astimezone(UTC), MARGIN, top)


def outlined(picture: StatePicture, box: Box, label: str) -> bytes:
    """Return the whole picture as PNG, in its own size, with *box* outlined and named.

    Raises ``ValueError`` when the box lies outside the picture.
    """
    area = _checked(picture, box)
    whole = picture.image.copy()
    _outline(whole, area, label)
    return _encoded(whole)


def cropped(picture: StatePicture, box: Box, label: str = "") -> bytes:
    """Return the part of the picture around *box* as PNG, in its own size, with the box outlined.

    Raises ``ValueError`` when the box lies outside the picture.
    """
    area = _checked(picture, box)
    width = min(picture.image.width, max(CLOSE_WIDTH, area.width + 120))
    height = min(picture.image.height - picture.margin, max(CLOSE_HEIGHT, min(area.height + 120, 4 * CLOSE_HEIGHT)))
    left = min(max(0, area.x + area.width // 2 - width // 2), picture.image.width - width)
    middle = area.y + min(area.height, height) // 2
    top = min(max(0, middle - height // 2), picture.image.height - picture.margin - height)
    part = picture.image.crop((left, top, left + width, top + height))
    _outline(part, Box(area.x - left, area.y - top, area.width, area.height), label)
    return _encoded(part)


def _checked(picture: StatePicture, box: Box) -> Box:
    area = picture._area(box)
    if area is None:
        raise ValueError(
            f"the box {tuple(box)} lies outside the picture, which begins at row {picture.top} of the page"
        )
    return area


def _outline(image: Image.Image, box: Box, label: str) -> None:
    """Draw a frame that stands out from any ground, light between two dark lines, and the label on its edge."""
    pen = ImageDraw.Draw(image)
    edge = (
        max(4, box.x - 7),
        max(4, box.y - 7),
        min(image.width - 5, box.x + box.width + 6),
        min(image.height - 5, box.y + box.height + 6),
    )
    if edge[2] <= edge[0] or edge[3] <= edge[1]:
        return
    for outside, width, colour in ((3, 1, _DARK), (2, 2, _LIGHT), (0, 3, _SIGNAL), (-3, 1, _LIGHT)):
        frame = (edge[0] - outside, edge[1] - outside, edge[2] + outside, edge[3] + outside)
        if frame[2] > frame[0] and frame[3] > frame[1]:
            pen.rounded_rectangle(frame, radius=max(2, 5 + outside), outline=colour, width=width)
    if label:
        _name(pen, image, edge, label)


def _name(pen: ImageDraw.ImageDraw, image: Image.Image, edge: tuple[int, int, int, int], label: str) -> None:
    font = _font(14)
    words = _shortened(label, font, min(420, image.width - 40))
    width, height = round(font.getlength(words)) + 16, 22
    left, top = _beside(image, edge, width, height)
    tab = (left, top, left + width, top + height)
    pen.rounded_rectangle((tab[0] - 1, tab[1] - 1, tab[2] + 1, tab[3] + 1), radius=5, fill=_LIGHT)
    pen.rounded_rectangle(tab, radius=4, fill=_SIGNAL)
    pen.text((left + 8, top + height // 2), words, fill=_LIGHT, font=font, anchor="lm")


def _beside(image: Image.Image, edge: tuple[int, int, int, int], width: int, height: int) -> tuple[int, int]:
    """Return where a label hides least: right of the frame, else left of it, else above, below or inside."""
    middle = min(max(4, (edge[1] + edge[3] - height) // 2), image.height - height - 4)
    if edge[2] + 10 + width < image.width - 4:
        return edge[2] + 9, middle
    if edge[0] - 10 - width > 4:
        return edge[0] - 9 - width, middle
    left = min(max(4, edge[0] - 2), image.width - width - 4)
    above, below = edge[1] - height - 6, edge[3] + 6
    return left, above if above >= 4 else below if below + height <= image.height - 4 else edge[1] + 6


def _shortened(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """Return *words* in one line that is no wider than *width*, the middle left out."""
    words = _written(words, font)
    if font.getlength(words) <= width:
        return words
    kept = int(len(words) * width / max(1.0, font.getlength(words)))
    while kept > 8 and font.getlength(f"{words[: kept * 2 // 3]} … {words[-(kept // 3) :]}") > width:
        kept -= 4
    return _written(f"{words[: kept * 2 // 3]} … {words[-max(1, kept // 3) :]}", font)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of this machine that has accents, else the one that Pillow brings along, which has none."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _written(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return *words* in one line as *font* can write them."""
    line = " ".join(words[:2000].split())
    if isinstance(font, ImageFont.FreeTypeFont) and font.getname()[0] != "Aileron":
        return line
    plain = line.replace(" … ", " ... ").replace("·", "-").replace("€", "EUR")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _encoded(image: Image.Image, notes: PngImagePlugin.PngInfo | None = None) -> bytes:
    """Return *image* as a PNG of few colours, without anything in it that changes from one time to the next."""
    out = io.BytesIO()
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(out, "PNG", compress_level=6, pnginfo=notes)
    return out.getvalue()
