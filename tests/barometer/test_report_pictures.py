import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from barometer.reports import pictures
from barometer.reports.audit_folder import Absence
from barometer.reports.pictures import Absent, Again, Gallery, Picture, Shown, View, crop_around
from storage.vocabulary import Profile

DESKTOP, MOBILE = Profile.DESKTOP, Profile.MOBILE


def save(folder: Path, name: str, size: tuple[int, int], colour: str = "navy", mode: str = "RGB") -> None:
    Image.new(mode, size, colour).save(folder / name)


def picture(folder: Path, name: str = "page.png", **view: Any) -> Picture:
    return Gallery(folder).picture(View(name, DESKTOP, **view))


def decoded(picture: object) -> Image.Image:
    assert isinstance(picture, Shown)
    kind, _, content = picture.source.partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_a_box_near_the_top_left_is_shown_with_the_corner_of_the_page() -> None:
    assert crop_around((1440, 5000), (120, 300, 200, 20), DESKTOP) == (0, 0, 760, 360)
    assert crop_around((1440, 5000), (120, 100, 200, 20), DESKTOP, is_close=True) == (0, 0, 560, 220)


def test_a_large_box_is_shown_whole_with_air_around_it() -> None:
    left, top, right, bottom = crop_around((1440, 5000), (371, 1505, 698, 585), DESKTOP)
    assert left <= 371 - 100 and top <= 1505 - 60 and right >= 371 + 698 + 100 and bottom >= 1505 + 585 + 60


@pytest.mark.parametrize("box", [(700, 2500, 200, 20), (1300, 4990, 140, 10), (0, 2000, 1440, 3000), (5, 3000, 10, 10)])
def test_a_box_anywhere_is_inside_its_picture(box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = crop_around((1440, 5000), box, DESKTOP)
    assert 0 <= left < right <= 1440 and 0 <= top < bottom <= 5000
    x, y, wide, high = box
    assert left <= x and top <= y
    assert right >= x + wide and bottom >= min(y + high, top + 800 - 30)


def test_a_box_outside_the_picture_shows_some_of_the_picture() -> None:
    left, top, right, bottom = crop_around((1440, 900), (9000, -500, 10, 10), DESKTOP)
    assert (right - left, bottom - top) == (760, 360) and right <= 1440 and top == 0


def test_without_a_box_the_first_window_is_shown() -> None:
    assert crop_around((1440, 5000), None, DESKTOP) == (0, 0, 1440, 900)
    assert crop_around((412, 3000), None, MOBILE) == (0, 0, 412, 915)


def test_a_picture_smaller_than_the_part_is_shown_whole() -> None:
    assert crop_around((300, 200), (10, 10, 20, 20), DESKTOP) == (0, 0, 300, 200)


def test_a_page_wider_than_its_window_is_still_in_css_pixels() -> None:
    assert crop_around((981, 2229), (366, 20, 32, 32), MOBILE) == (176, 0, 588, 360)


def test_a_picture_is_cut_and_made_smaller(tmp_path: Path) -> None:
    save(tmp_path, "page.png", (1440, 5000))
    shown = picture(tmp_path)
    assert isinstance(shown, Shown) and shown.is_part
    assert decoded(shown).size == (shown.width, shown.height) == (1120, 700)


def test_a_transparent_picture_is_laid_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    shown = decoded(picture(tmp_path, "clear.png")).convert("RGB").getpixel((25, 25))
    assert shown == (255, 255, 255)


def test_the_same_view_is_given_once_and_another_one_again(tmp_path: Path) -> None:
    save(tmp_path, "page.png", (1440, 5000))
    save(tmp_path, "other.png", (1440, 5000))
    gallery = Gallery(tmp_path)
    proof = View("page.png", DESKTOP, "e-mail", (0, 0, 10, 10), "https://shop.example/")
    first = gallery.picture(proof)
    second = gallery.picture(proof._replace(name="other.png", subject="phone"))
    third = gallery.picture(proof._replace(box=(0, 4000, 10, 10)))
    elsewhere = gallery.picture(proof._replace(page="https://shop.example/contact"))
    assert isinstance(first, Shown)
    assert second == Again(first.anchor, "e-mail")
    assert isinstance(third, Shown) and isinstance(elsewhere, Shown)
    assert len({first.anchor, third.anchor, elsewhere.anchor}) == 3


def test_the_place_of_a_click_is_outlined_and_that_of_a_proof_left_as_it_is(tmp_path: Path) -> None:
    save(tmp_path, "page.png", (600, 300))
    box = (200, 100, 80, 40)
    step, proof = (decoded(picture(tmp_path, box=box, is_outlined=done)).convert("RGB") for done in (False, True))

    def is_signal(image: Image.Image, x: int, y: int) -> bool:
        red, green, blue = image.getpixel((x, y))
        return red > 150 and green < 90 and 40 < blue < 150

    edges = [(196, 120), (284, 120), (240, 96), (240, 144)]
    assert all(is_signal(step, *edge) for edge in edges)
    assert not any(is_signal(proof, *edge) for edge in edges)
    assert not is_signal(step, 240, 120)


@pytest.mark.parametrize("box", [(-500, -500, 20, 20), (9000, 9000, 10, 10), (0, 0, 0, 0), (-10, -10, 2000, 2000)])
def test_a_box_outside_or_without_area_spoils_no_picture(
    tmp_path: Path, box: tuple[float, float, float, float]
) -> None:
    save(tmp_path, "page.png", (600, 300))
    assert isinstance(picture(tmp_path, box=box, is_outlined=False), Shown)


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that claims to be very large and is very small."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Absence.UNREADABLE),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Absence.UNREADABLE),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", Absence.UNREADABLE),
        (bomb(1440, 900), Absence.UNREADABLE),
        (bomb(9000, 9000), Absence.TOO_LARGE),
        (bomb(60000, 60000), Absence.UNREADABLE),
        (bomb(0, 0), Absence.UNREADABLE),
    ],
    ids=["empty", "svg", "gif", "cut short", "too many pixels", "a bomb", "no pixels"],
)
def test_what_is_no_harmless_png_is_not_shown(tmp_path: Path, content: bytes, why: Absence) -> None:
    (tmp_path / "page.png").write_bytes(content)
    assert picture(tmp_path) == Absent("page.png", why)


def test_pictures_end_where_a_mail_would_become_too_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_EMBEDDED", 2000)
    noise = Image.effect_noise((600, 600), 100)
    for name in ("a.png", "b.png"):
        noise.save(tmp_path / name)
    save(tmp_path, "small.png", (20, 20))
    gallery = Gallery(tmp_path)
    assert gallery.picture(View("a.png", DESKTOP)) == Absent("a.png", Absence.TOO_LARGE)
    assert isinstance(gallery.picture(View("small.png", DESKTOP)), Shown)
