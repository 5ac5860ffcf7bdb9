"""The pictures of a report: the part of a screenshot that matters, small enough to be mailed, each shown once."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from barometer.reports.audit_contract import Box
from barometer.reports.audit_folder import Absence, read_picture
from storage.vocabulary import Profile

WINDOWS = {Profile.DESKTOP: (1440, 900), Profile.MOBILE: (412, 915)}
"""Window of a profile in CSS pixels (``docs/method.md``, section 1)."""
AROUND = {Profile.DESKTOP: (1000, 600), Profile.MOBILE: (412, 640)}
"""Part of the page shown around a box, in CSS pixels (*ours*): near enough to read, far enough to know where one is."""
_MARGIN = 24
SHOWN_WIDTH = {Profile.DESKTOP: 1120, Profile.MOBILE: 618}
"""Pixels that a picture in the report is wide at most (*ours*): sharp on paper, light in a mail."""
MAX_PIXELS = 60_000_000
"""Largest screenshot that is opened, in pixels: a desktop page 40,000 pixels long (*ours*)."""
MAX_EMBEDDED = 12_000_000
"""Bytes of pictures in one report (*ours*): what most mail servers still let through once it is encoded."""
_QUALITY = 80

Crop = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the picture."""


class Shown(NamedTuple):
    """A picture in the report: its data URI, its size there, whether it is a part of the file, and its anchor."""

    source: str
    width: int
    height: int
    is_part: bool
    name: str
    anchor: str


class Again(NamedTuple):
    """A picture that stands further up in the report already."""

    name: str
    anchor: str


class Absent(NamedTuple):
    """A picture that the result names and that cannot be shown."""

    name: str
    why: Absence


Picture = Shown | Again | Absent


class Gallery:
    """The pictures of one audit folder, handed out one by one as the report is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: dict[tuple[str, Crop], str] = {}
        self._files: dict[str, bytes | Absence] = {}
        self._left = MAX_EMBEDDED

    def picture(self, name: str, box: Box | None, profile: Profile) -> Picture:
        """Return the part of picture *name* around *box*, the top of the page where there is no box."""
        if name not in self._files:
            self._files[name] = read_picture(self._folder, name)
        content = self._files[name]
        if isinstance(content, Absence):
            return Absent(name, content)
        try:
            with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
                return self._cut(name, image, box, profile)
        except (OSError, SyntaxError, ValueError, ArithmeticError, EOFError, Image.DecompressionBombError):
            return Absent(name, Absence.UNREADABLE)

    def _cut(self, name: str, image: Image.Image, box: Box | None, profile: Profile) -> Picture:
        if image.width * image.height > MAX_PIXELS:
            return Absent(name, Absence.TOO_LARGE)
        crop = crop_around(image.size, box, profile)
        if (name, crop) in self._given:
            return Again(name, self._given[name, crop])
        content, size = _encoded(image.crop(crop), SHOWN_WIDTH[profile])
        if len(content) > self._left:
            return Absent(name, Absence.TOO_LARGE)
        self._left -= len(content)
        anchor = self._given[name, crop] = f"picture-{len(self._given) + 1}"
        source = "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
        return Shown(source, *size, crop != (0, 0, *image.size), name, anchor)


def crop_around(size: tuple[int, int], box: Box | None, profile: Profile) -> Crop:
    """Return the part of a picture of *size* to show: around *box*, or the first window where there is no box.

    A box that fits into the part at the page's top left is shown there, any other in the middle. A screenshot taken
    with several pixels per CSS pixel is as many times wider than the window.
    """
    width, height = size
    window = WINDOWS[profile]
    scale = max(1, round(width / window[0])) if width < 4 * window[0] else 1
    wide, high = (edge * scale for edge in (window if box is None else AROUND[profile]))
    left, top, box_wide, box_high = (edge * scale for edge in box or (0, 0, 0, 0))
    x, shown_wide = _span(left, box_wide, wide, width)
    y, shown_high = _span(top, box_high, high, height)
    return (x, y, x + shown_wide, y + shown_high)


def _span(start: float, length: float, shown: int, whole: int) -> tuple[int, int]:
    """Return where the part begins and how long it is, on one axis."""
    shown = min(shown, whole)
    if start + length + _MARGIN <= shown:
        return 0, shown
    room = max(shown - length, 2 * _MARGIN)
    return int(min(max(start - room / 2, 0), whole - shown)), shown


def _encoded(image: Image.Image, widest: int) -> tuple[bytes, tuple[int, int]]:
    """Return *image* as WebP, at most *widest* pixels wide and on white, and its size."""
    plain = image.convert("RGBA")
    page = Image.new("RGB", plain.size, "white")
    page.paste(plain, mask=plain.getchannel("A"))
    if page.width > widest:
        page = page.resize((widest, max(1, round(page.height * widest / page.width))), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    page.save(stream, "WEBP", quality=_QUALITY, method=4)
    return stream.getvalue(), page.size
