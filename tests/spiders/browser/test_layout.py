import json

import pytest

from spiders.browser.layout import Box, Element, Frame, Picture, Piece, Run, Snapshot, box_around

BOX = Box(10, 20, 300, 18)
TAKEN = Snapshot(
    url="https://maison.example/",
    title="Maison",
    html='<!DOCTYPE html><html><body data-b="1"><p data-b="2">Tél. 01 99 00 11 22</p></body></html>',
    viewport=(1440, 900),
    page=(1440, 2000),
    scrolled=(0, 0),
    locked=False,
    truncated=False,
    elements={
        2: Element(2, "link", BOX, True, False, True, "tel:0199001122"),
        3: Element(3, "part", BOX, False, True, False),
    },
    runs=(Run(2, BOX, (Piece("Tél. ", None), Piece("01 99 00 11 22", Box(60, 20, 100, 18)))),),
    pictures=(Picture(3, "01 99 00 11 22", "tel.png"),),
    frames=(Frame(3, "https://cadre.example/", BOX, True),),
)


def test_a_snapshot_is_read_back_as_it_was_written() -> None:
    again = Snapshot.from_json(TAKEN.to_json(), TAKEN.html)
    assert again == TAKEN
    assert again.to_json() == TAKEN.to_json()
    assert again.document.text == "Tél. 01 99 00 11 22"


@pytest.mark.parametrize("layout", ["{}", "[]", '{"schema":"barometer-snapshot/0"}', "not json"])
def test_a_layout_of_another_kind_is_refused(layout: str) -> None:
    with pytest.raises(ValueError):
        Snapshot.from_json(layout, "")


@pytest.mark.parametrize(
    ("key", "value"), [("elements", [[1]]), ("viewport", []), ("runs", [[1, 2]]), ("frames", [[1]])]
)
def test_a_broken_layout_is_refused(key: str, value: object) -> None:
    kept = json.loads(TAKEN.to_json())
    kept[key] = value
    with pytest.raises(ValueError):
        Snapshot.from_json(json.dumps(kept), "")


def test_a_box_in_a_frame_is_moved_and_scaled_to_the_page() -> None:
    assert Box(10, 20, 100, 40).moved(200, 50) == (210, 70, 100, 40)
    assert Box(10, 20, 100, 40).moved(200, 50, 0.5) == (205, 60, 50, 20)


def test_boxes_share_an_area_or_none() -> None:
    assert Box(0, 0, 10, 10).within(Box(5, 5, 10, 10)) == (5, 5, 5, 5)
    assert Box(0, 0, 10, 10).within(Box(10, 0, 10, 10)) is None
    assert box_around([Box(0, 0, 10, 10), Box(20, 5, 10, 10)]) == (0, 0, 30, 15)
    assert box_around([]) is None
