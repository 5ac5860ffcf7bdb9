"""The pictures of a report: the part of a screenshot that matters, small enough to be mailed, each view shown once."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from barometer.reports.audit_contract import Box
from barometer.reports.audit_folder import Absence, read_picture
from storage.vocabulary import Profile

WINDOWS = {Profile.DESKTOP: (1440, 900), Profile.MOBILE: (412, 915)}
"""Window of a profile in CSS pixels (``docs/method.md``, section 1)."""
AROUND = {Profile.DESKTOP: (760, 360), Profile.MOBILE: (412, 360)}
"""Smallest part of the page shown around a box, in CSS pixels (*ours*): near enough to read, far enough to recognise."""
CLOSE_AROUND = {Profile.DESKTOP: (560, 220), Profile.MOBILE: (412, 220)}
"""The same for a close view (*ours*)."""
MOST_AROUND = {Profile.DESKTOP: (1440, 800), Profile.MOBILE: (412, 760)}
"""Largest part of the page shown, however large the box is (*ours*)."""
_AIR = (120, 80)
_MARGIN = 24
SHOWN_WIDTH = {Profile.DESKTOP: 1120, Profile.MOBILE: 618}
"""Pixels that a picture in the report is wide at most (*ours*): sharp on paper, light in a mail."""
MAX_PIXELS = 60_000_000
"""Largest screenshot that is opened, in pixels: a desktop page 40,000 pixels long (*ours*)."""
MAX_EMBEDDED = 2_000_000
"""Bytes of pictures in one report (*ours*): encoded, they keep a report below 3 MB, which every mail server lets through."""
_QUALITY = 80
_SIGNAL = (214, 0, 86)
_AROUND_BOX = 5

Crop = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the picture."""


class View(NamedTuple):
    """What a picture is to show.

    A file of the folder, through which window, for which channel; around which box, which is drawn unless it *is
    outlined* already; where *page* is given, another picture of that page around the same box is the same view.
    """

    name: str
    profile: Profile
    subject: str = ""
    box: Box | None = None
    page: str | None = None
    is_outlined: bool = True
    is_close: bool = False


class Shown(NamedTuple):
    """A picture in the report: its data URI, its size there, whether it is a part of the file, and its anchor."""

    source: str
    width: int
    height: int
    is_part: bool
    name: str
    anchor: str


class Again(NamedTuple):
    """A view that stands further up in the report already: where, and for which channel."""

    anchor: str
    subject: str


class Absent(NamedTuple):
    """A picture that the result names and that cannot be shown."""

    name: str
    why: Absence


Picture = Shown | Again | Absent


class Gallery:
    """The pictures of one audit folder, handed out one by one as the report is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: dict[tuple[str, Profile, Box | None], Again] = {}
        self._files: dict[str, bytes | Absence] = {}
        self._left = MAX_EMBEDDED

    def picture(self, view: View) -> Picture:
        """Return the part of the picture around the box of *view*, the top of the page where there is no box."""
        name = view.name
        if name not in self._files:
            self._files[name] = read_picture(self._folder, name)
        content = self._files[name]
        if isinstance(content, Absence):
            return Absent(name, content)
        try:
            with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
                return self._cut(image, view)
        except (OSError, SyntaxError, ValueError, ArithmeticError, EOFError, Image.DecompressionBombError):
            return Absent(name, Absence.UNREADABLE)

    def _cut(self, image: Image.Image, view: View) -> Picture:
        if image.width * image.height > MAX_PIXELS:
            return Absent(view.name, Absence.TOO_LARGE)
        seen = (view.page or view.name, view.profile, view.box)
        if seen in self._given:
            return self._given[seen]
        crop = crop_around(image.size, view.box, view.profile, is_close=view.is_close)
        part = _on_white(image.crop(crop))
        if view.box is not None and not view.is_outlined:
            outline(part, view.box, crop[:2])
        content, size = _encoded(part, SHOWN_WIDTH[view.profile])
        if len(content) > self._left:
            return Absent(view.name, Absence.TOO_LARGE)
        self._left -= len(content)
        anchor = f"picture-{len(self._given) + 1}"
        self._given[seen] = Again(anchor, view.subject)
        source = "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
        return Shown(source, *size, crop != (0, 0, *image.size), view.name, anchor)


def crop_around(size: tuple[int, int], box: Box | None, profile: Profile, *, is_close: bool = False) -> Crop:
    """Return the part of a picture of *size* to show: around *box*, or the first window where there is no box.

    A box that fits into the part at the page's top left is shown there, any other in the middle. The part grows with
    the box, up to :data:`MOST_AROUND`.
    """
    wide, high = _part(box, profile, is_close=is_close)
    left, top, box_wide, box_high = box or (0, 0, 0, 0)
    x, shown_wide = _span(left, box_wide, wide, size[0])
    y, shown_high = _span(top, box_high, high, size[1])
    return (x, y, x + shown_wide, y + shown_high)


def _part(box: Box | None, profile: Profile, *, is_close: bool) -> tuple[int, int]:
    """Return width and height of the part to show, in CSS pixels."""
    if box is None:
        return WINDOWS[profile]
    least, most = (CLOSE_AROUND if is_close else AROUND)[profile], MOST_AROUND[profile]
    wide, high = (round(min(max(least[axis], box[axis + 2] + 2 * _AIR[axis]), most[axis])) for axis in (0, 1))
    return wide, high


def outline(part: Image.Image, box: Box, corner: tuple[int, ...]) -> None:
    """Draw a frame around *box* on the *part* of a page that begins at *corner*, with light edges, to stand out."""
    left, top = (box[axis] - corner[axis] - _AROUND_BOX for axis in (0, 1))
    right, bottom = left + box[2] + 2 * _AROUND_BOX, top + box[3] + 2 * _AROUND_BOX
    frame = (max(left, 4), max(top, 4), min(right, part.width - 5), min(bottom, part.height - 5))
    if frame[2] - frame[0] < 2 * _AROUND_BOX or frame[3] - frame[1] < 2 * _AROUND_BOX:
        return
    pen = ImageDraw.Draw(part)
    for outside, colour, width in ((2, "white", 7), (0, _SIGNAL, 3)):
        shape = (frame[0] - outside, frame[1] - outside, frame[2] + outside, frame[3] + outside)
        pen.rounded_rectangle(shape, radius=4 + outside, outline=colour, width=width)


def _span(start: float, length: float, shown: int, whole: int) -> tuple[int, int]:
    """Return where the part begins and how long it is, on one axis."""
    shown = min(shown, whole)
    if start + length + _MARGIN <= shown:
        return 0, shown
    room = max(shown - length, 2 * _MARGIN)
    return int(min(max(start - room / 2, 0), whole - shown)), shown


def _encoded(image: Image.Image, widest: int) -> tuple[bytes, tuple[int, int]]:
    """Return *image* as WebP, at most *widest* pixels wide, and its size."""
    if image.width > widest:
        image = image.resize((widest, max(1, round(image.height * widest / image.width))), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY, method=4)
    return stream.getvalue(), image.size


def _on_white(image: Image.Image) -> Image.Image:
    plain = image.convert("RGBA")
    page = Image.new("RGB", plain.size, "white")
    page.paste(plain, mask=plain.getchannel("A"))
    return page
