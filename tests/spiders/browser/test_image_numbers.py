"""Numbers that stand only in pictures are told by alternative text or file name, beside a word for a telephone."""

from urllib.parse import quote

import pytest

from spiders.browser.image_numbers import image_numbers
from spiders.browser.snapshot import snapshot
from storage.vocabulary import Channel
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

DOT = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='30'><rect width='200' height='30'/></svg>"
DRAWN = "data:image/svg+xml," + quote(DOT)


def picture(src: str = DRAWN, alt: str | None = None) -> str:
    said = "" if alt is None else f"alt='{alt}'"
    return f"<img width=200 height=30 src='{src}' {said}>"


FOUND = {
    "alternative text says both": picture(alt="Téléphone : 01 99 00 11 22"),
    "word beside the picture": f"<p>Tél. : {picture(alt='01.99.00.11.22')}</p>",
    "file name beside a word": f"<p>Appelez-nous</p><p>Tél. {picture('/img/01-99-00-11-22.svg')}</p>",
    "file name says both": picture("/img/telephone_0199001122.svg"),
    "heading in the same block": f"<div><h3>Par téléphone</h3><div>{picture(alt='01 99 00 11 22')}</div></div>",
    "drawing with a name": (
        "<p>Tél. <svg role=img aria-label='01 99 00 11 22' width=200 height=30><path d='M0 0h200v30z'/></svg></p>"
    ),
}
NOT_FOUND = {
    "no word for a telephone": picture("/produits/0199001122.svg", "Lampe 0199001122"),
    "fax": picture(alt="Fax : 01 99 00 11 22"),
    "hidden picture": f"<div style='display:none'>{picture(alt='Tél. 01 99 00 11 22')}</div>",
    "written beside it": f"<p>Tél. 01 99 00 11 22 {picture(alt='Tél. 01 99 00 11 22')}</p>",
    "example": picture(alt="Téléphone : 01 23 45 67 89"),
}


@pytest.mark.parametrize("case", FOUND)
def test_a_number_in_a_picture_is_reported_with_its_box(stage: Stage, case: str) -> None:
    taken = stage.play(f"<h1>Maison</h1>{FOUND[case]}", snapshot)
    (number,) = image_numbers(taken, "FR")
    assert (number.channel, number.value) == (Channel.PHONE, "+33199001122")
    assert number.box.width >= 150
    assert "01 99" not in taken.document.text


@pytest.mark.parametrize("case", NOT_FOUND)
def test_other_pictures_are_not_reported(stage: Stage, case: str) -> None:
    taken = stage.play(f"<h1>Maison</h1>{NOT_FOUND[case]}", snapshot)
    assert image_numbers(taken, "FR") == []


def test_an_address_in_a_picture_is_reported(stage: Stage) -> None:
    taken = stage.play(f"<p>{picture(alt='contact@maison-exemple.fr')}</p>", snapshot)
    assert [(found.channel, found.value) for found in image_numbers(taken, "FR")] == [
        (Channel.EMAIL, "contact@maison-exemple.fr")
    ]
