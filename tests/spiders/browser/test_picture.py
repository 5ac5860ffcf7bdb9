"""Pictures show the page, where and when it was seen, and an outline that stands out from any ground."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.async_api import Page

from spiders.browser.layout import Box
from spiders.browser.locate import locate
from spiders.browser.picture import MARGIN, StatePicture, cropped, outlined, state_picture, with_margin
from spiders.browser.snapshot import snapshot
from spiders.detect.page import detect
from storage.vocabulary import Channel
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

AT = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
SIGNAL = (214, 0, 86)


def plain(width: int = 1440, height: int = 3000, ground: tuple[int, int, int] = (255, 255, 255)) -> StatePicture:
    return with_margin(Image.new("RGB", (width, height), ground), "https://maison.example/contact", AT)


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one, other, strict=True))


def signal(image: Image.Image) -> Image.Image:
    """Return a mask of the pixels in the colour of the outline."""
    apart = ImageChops.difference(image, Image.new("RGB", image.size, SIGNAL)).split()
    farthest = ImageChops.lighter(ImageChops.lighter(apart[0], apart[1]), apart[2])
    return farthest.point(lambda distance: 255 if distance <= 12 else 0)


def test_a_state_is_shown_from_top_to_bottom_above_its_margin(stage: Stage, tmp_path: Path) -> None:
    page = (
        "<div style='height:2400px;background:#fff'></div><div style='height:100px;background:#0a0'></div>"
        "<div style='position:fixed;bottom:0;left:0;width:100px;height:50px;background:#00c'></div>"
    )

    async def taken(page: Page) -> StatePicture:
        return await state_picture(page, tmp_path / "state.png", at=AT)

    picture = stage.play(page, taken)
    assert picture.image.size == (1440, 2500 + MARGIN)
    assert near(picture.image.getpixel((700, 2450)), (0, 170, 0))
    # What stays put on scrolling is drawn where the first screen shows it, as its box says.
    assert near(picture.image.getpixel((50, 875)), (0, 0, 204))
    assert (tmp_path / "state.png").read_bytes() == picture.png


def test_a_very_high_page_is_shown_in_part_from_any_row(stage: Stage) -> None:
    page = "<div style='height:15000px;background:#fff'></div><div style='height:500px;background:#0a0'></div>"

    async def both(page: Page) -> tuple[StatePicture, StatePicture]:
        return await state_picture(page, at=AT), await state_picture(page, at=AT, top=14_500)

    first, last = stage.play(page, both)
    assert first.image.height == 12_000 + MARGIN
    assert last.image.height == 1000 + MARGIN
    assert not first.holds(Box(0, 15_100, 100, 20))
    assert last.holds(Box(0, 15_100, 100, 20))
    assert near(last.image.getpixel((700, 700)), (0, 170, 0))


def test_the_box_of_a_sighting_lies_around_its_ink(stage: Stage) -> None:
    page = "<p style='margin:700px 0 0 300px;font-size:24px'>Tél. <b>01 99 00 11 22</b></p><p style='height:900px'></p>"

    async def seen(page: Page) -> tuple[StatePicture, Box | None]:
        taken = await snapshot(page)
        (phone,) = detect(taken.document, "FR", {Channel.PHONE}).sightings
        return await state_picture(page, at=AT), locate(taken, phone)

    picture, box = stage.play(page, seen)
    assert box is not None
    top = box.y
    inside = picture.image.crop((box.x, top, box.x + box.width, top + box.height))
    assert inside.getextrema()[0][0] < 60
    right = picture.image.crop((box.x + box.width + 3, top, box.x + box.width + 200, top + box.height))
    assert right.getextrema()[0][0] > 240


def test_the_margin_says_where_and_when() -> None:
    picture = plain()
    margin = picture.image.crop((0, 3000, 1440, 3000 + MARGIN))
    assert margin.getextrema()[0][0] < 60
    other = with_margin(Image.new("RGB", (1440, 10)), "https://maison.example/contact", AT.replace(hour=2))
    assert other.image.crop((0, 10, 1440, 10 + MARGIN)).tobytes() != margin.tobytes()


def test_an_endless_address_fits_the_margin() -> None:
    picture = with_margin(Image.new("RGB", (412, 100), (255, 255, 255)), "https://maison.example/" + "é" * 5000, AT)
    edge = picture.image.crop((404, 104, 412, 100 + MARGIN))
    assert edge.getcolors() == [(8 * (MARGIN - 4), (247, 247, 244))]


def test_a_picture_is_read_back_with_what_its_margin_says() -> None:
    picture = plain()
    again = StatePicture.read(picture.png)
    assert (again.url, again.at, again.margin, again.top) == (picture.url, picture.at, picture.margin, picture.top)
    assert again.image.size == picture.image.size
    with pytest.raises(ValueError, match="not a picture"):
        StatePicture.read(b"nothing")
    out = io.BytesIO()
    Image.new("RGB", (5, 5)).save(out, "PNG")
    with pytest.raises(ValueError, match="not a picture"):
        StatePicture.read(out.getvalue())


def test_the_same_pixels_make_the_same_bytes() -> None:
    assert plain().png == plain().png
    assert outlined(plain(), Box(100, 200, 300, 20), "Tél.") == outlined(plain(), Box(100, 200, 300, 20), "Tél.")


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), SIGNAL, (128, 128, 128), (255, 0, 80)])
def test_an_outline_stands_out_from_any_ground(ground: tuple[int, int, int]) -> None:
    close = opened(cropped(plain(ground=ground), Box(600, 1500, 200, 20)))
    row = [close.getpixel((close.width // 2, y)) for y in range(close.height)]
    first = next(y for y, pixel in enumerate(row) if not near(pixel, ground))
    stroke = row[first : first + 9]
    lights = [sum(pixel) for pixel in stroke]
    assert max(lights) - min(lights) > 400


def test_the_whole_page_is_outlined_at_the_right_place() -> None:
    picture = opened(outlined(plain(), Box(600, 1500, 240, 40), ""))
    assert picture.size == (1440, 3000 + MARGIN)
    edges = signal(picture).getbbox()
    assert edges is not None
    for edge, wanted in zip(edges, (600, 1500, 840, 1540), strict=True):
        assert abs(edge - wanted) <= 9


@pytest.mark.parametrize("box", [Box(0, 0, 50, 10), Box(1430, 2990, 50, 50), Box(0, 0, 1440, 3000), Box(10, 10, 0, 0)])
def test_a_box_at_the_edge_is_outlined_too(box: Box) -> None:
    assert signal(opened(outlined(plain(), box, "Téléphone"))).getbbox()
    close = opened(cropped(plain(), box, "Téléphone"))
    assert signal(close).getbbox()
    assert close.width <= 1440
    assert close.height <= 1280


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        outlined(plain(), Box(10, 5000, 20, 20), "")
    with pytest.raises(ValueError, match="outside"):
        cropped(plain(), Box(-300, 10, 20, 20))


def test_a_label_hides_nothing_of_what_it_names() -> None:
    picture = plain()
    bare, named = (
        opened(cropped(picture, Box(600, 1500, 200, 20))),
        opened(cropped(picture, Box(600, 1500, 200, 20), "Tél.")),
    )
    middle = (bare.width // 2 - 100, bare.height // 2 - 10, bare.width // 2 + 100, bare.height // 2 + 10)
    inside = ImageChops.difference(bare.crop(middle), named.crop(middle)).getextrema()
    assert max(high for _, high in inside) <= 12
    assert signal(named).histogram()[255] > signal(bare).histogram()[255] + 300
