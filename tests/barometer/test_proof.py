"""The pictures in an audit folder: each whole or not there, and a folder that takes none is one line."""

from pathlib import Path

import pytest

from barometer.errors import UserError
from barometer.proof import draw
from barometer.result import audit_result
from spiders.reading import SiteReading
from storage.evidence import EvidenceStore
from tests.barometer.visit_samples import rendered_visit


def proven_visit(store: EvidenceStore) -> SiteReading:
    """Return a visit whose phone number was seen in a state that has a picture."""
    reading = rendered_visit(store)
    reading.sightings[0].state_id = reading.states[1].id
    return reading


def test_a_result_names_the_pictures_that_lie_beside_it(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    reading = proven_visit(store)
    phone = draw(reading, store, audit_result(reading), tmp_path)["channels"]["phone"]
    named = {phone["proof"]["screenshot"], *(step["screenshot"] for step in phone["path"])}
    assert named == {"phone.png", "step-1.png"}
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in named)


@pytest.mark.parametrize("taken", ["step-1.png", "phone-crop.png"])
def test_a_picture_that_cannot_be_written_is_one_line_and_leaves_no_half(taken: str, tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    reading = proven_visit(store)
    (tmp_path / taken).mkdir()
    with pytest.raises(UserError, match="can be written"):
        draw(reading, store, audit_result(reading), tmp_path)
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]
