import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.errors import UserError
from barometer.reports.podium_files import LISTING, Artefact, badge_name, slug, write_all
from tests.barometer.editions import a_public_edition

FIRST, SECOND = a_public_edition(), a_public_edition(revision=2)


def names(folder: Path) -> list[str]:
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.name != LISTING
    )


def test_an_export_takes_the_place_of_an_older_one_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    old = [Artefact("podium.fr.html", b"old"), Artefact("badges/fr/01-d-place-1-lumen.svg", b"svg")]
    assert write_all(tmp_path, old, FIRST).files == (tmp_path / old[0].name, tmp_path / old[1].name)
    written = write_all(tmp_path, [Artefact("podium.fr.html", b"new")], SECOND)
    assert written.removed == (tmp_path / "badges/fr/01-d-place-1-lumen.svg",)
    assert names(tmp_path) == ["notes.txt", "podium.fr.html"]
    assert (tmp_path / "podium.fr.html").read_bytes() == b"new"
    assert not (tmp_path / "badges/fr").exists()


def test_formats_of_one_edition_may_be_written_one_after_the_other(tmp_path: Path) -> None:
    write_all(tmp_path, [Artefact("podium.fr.html", b"a")], FIRST)
    write_all(tmp_path, [Artefact("podium.fr.csv", b"b")], FIRST)
    assert names(tmp_path) == ["podium.fr.csv", "podium.fr.html"]
    assert write_all(tmp_path, [Artefact("podium.json", b"c")], SECOND).removed
    assert names(tmp_path) == ["podium.json"]


def test_what_somebody_wrote_or_changed_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    write_all(tmp_path, [Artefact("podium.fr.pptx", b"a")], FIRST)
    (tmp_path / "podium.fr.pptx").write_bytes(b"with our logos")
    (tmp_path / "podium.fr.html").write_bytes(b"a page of mine")
    with pytest.raises(UserError, match="was changed since"):
        write_all(tmp_path, [Artefact("podium.fr.pptx", b"b")], FIRST)
    with pytest.raises(UserError, match="was not written by an export"):
        write_all(tmp_path, [Artefact("podium.fr.csv", b"b"), Artefact("podium.fr.html", b"b")], FIRST)
    assert names(tmp_path) == ["podium.fr.html", "podium.fr.pptx"]
    assert write_all(tmp_path, [Artefact("podium.json", b"c")], SECOND).left == (tmp_path / "podium.fr.pptx",)
    write_all(tmp_path, [Artefact("podium.fr.html", b"b")], SECOND, force=True)
    assert (tmp_path / "podium.fr.html").read_bytes() == b"b"


def test_a_list_of_files_that_leads_out_of_the_folder_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    outside = tmp_path / "keep.html"
    outside.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    told = {"schema": "barometer-podium-files/1", "edition": "x", "revision": 1}
    for name in ("../keep.html", str(outside), "badges/../../keep.html", "podium/../../keep.html"):
        (folder / LISTING).write_text(json.dumps({**told, "files": {name: empty}}))
        assert write_all(folder, [Artefact("podium.json", b"a")], FIRST, force=True).removed == ()
    for broken in ("", "[]", "{}", '{"files": 1}', "[" * 100_000):
        (folder / LISTING).write_text(broken)
        write_all(folder, [Artefact("podium.json", b"a")], FIRST)
    assert outside.exists()


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "badges").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="leads elsewhere"):
        write_all(tmp_path / "out", [Artefact("badges/fr/01-a.svg", b"a")], FIRST)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="--out"):
        write_all(tmp_path / "file", [Artefact("podium.json", b"a")], FIRST)
    (tmp_path / "out" / "podium.json").mkdir(parents=True)
    with pytest.raises(UserError, match="is no file"):
        write_all(tmp_path / "out", [Artefact("podium.json", b"a")], FIRST)


def test_a_failure_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "badges").write_text("no folder")
    with pytest.raises(UserError):
        write_all(tmp_path, [Artefact("podium.json", b"a"), Artefact("badges/fr/01-a.svg", b"b")], FIRST, force=True)
    assert names(tmp_path) == ["badges"]


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=400), st.integers(0, 3), st.integers(0, 999))
def test_the_name_of_a_badge_is_safe_whatever_it_is_made_of(
    category: str, one: str, other: str, place: int, number: int
) -> None:
    name = badge_name("fr", number, category, place, one, "png")
    assert len(name) < 150
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-./")
    assert name.count("/") == 2 and ".." not in name and name.startswith("badges/fr/")
    if one != other:
        assert name != badge_name("fr", number, category, place, other, "png")


def test_a_plain_key_stays_readable_in_a_file_name() -> None:
    assert (
        badge_name("fr", 1, "Décoration", 1, "maison-lumen", "svg")
        == "badges/fr/01-decoration-place-1-maison-lumen.svg"
    )
    assert badge_name("en", 2, "", 0, "cap", "png") == "badges/en/02-label-cap.png"
    assert slug("Lumen") != slug("lumen")
