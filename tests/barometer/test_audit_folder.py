import json
from pathlib import Path
from typing import Any

import pytest

from barometer.errors import UserError
from barometer.reports.audit_contract import NotAnAuditError, parse_results
from barometer.reports.audit_folder import MAX_RESULT_BYTES, Absence, read_audit, read_folder, read_picture
from storage.vocabulary import Channel, OutcomeKind, Profile
from tests.barometer.audit_samples import Json, changed, rendered_audit, static_audit, write_audit

PICTURE = b"\x89PNG\r\n\x1a\n"


def bytes_of(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_a_result_is_read_as_typed_values(tmp_path: Path) -> None:
    audit = read_folder(write_audit(tmp_path, static_audit()))
    (result,) = audit.results
    assert audit.folder == tmp_path
    assert result.profile is Profile.DESKTOP
    assert result.channels[Channel.PHONE].outcome is OutcomeKind.EXACT
    assert result.channels[Channel.PHONE].interval == (1, 1)
    assert result.started_at.utcoffset() is not None


def test_a_result_file_is_read_like_its_folder(tmp_path: Path) -> None:
    write_audit(tmp_path, static_audit())
    assert read_audit(tmp_path / "result.json") == read_audit(tmp_path)


def test_two_profiles_come_desktop_first() -> None:
    results = parse_results(bytes_of([rendered_audit(Profile.MOBILE), rendered_audit()]))
    assert [result.profile for result in results] == [Profile.DESKTOP, Profile.MOBILE]


def test_an_upper_bound_spans_what_is_open() -> None:
    (result,) = parse_results(bytes_of(rendered_audit()))
    assert result.channels[Channel.FORM].interval == (1, 3)
    assert result.channels[Channel.X].interval is None


def test_a_key_of_a_later_version_is_no_problem() -> None:
    assert parse_results(bytes_of({**static_audit(), "mood": "cheerful"}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"null", "should be an object"),
        (b"{}", "schema"),
        (b"[]", "one result a profile"),
        (b"[" * 100_000, "recursion"),
        (bytes_of({**static_audit(), "schema": "barometer-audit/2"}), "schema is not barometer-audit/1"),
        (bytes_of([static_audit(), static_audit()]), "two results of one profile"),
        (bytes_of([static_audit()] * 3), "one result a profile"),
        (bytes_of({**static_audit(), "started_at": "yesterday"}), "started_at"),
        (bytes_of({**static_audit(), "started_at": "2026-11-21T01:02:03"}), "started_at"),
        (b'{"schema": "\\ud800"}', "JSON"),
    ],
    ids=range(12),
)
def test_what_is_no_result_is_said_in_one_line(text: bytes, complaint: str) -> None:
    with pytest.raises(NotAnAuditError, match=complaint) as raised:
        parse_results(text)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda audit: audit["channels"].pop("callback"), "channels without callback"),
        (lambda audit: audit["channels"].update(fax=audit["channels"]["x"]), "channels/fax"),
        (lambda audit: audit["channels"]["phone"].update(clicks=-1), "channels/phone/clicks"),
        (lambda audit: audit["channels"]["phone"].update(clicks=10**9), "channels/phone/clicks"),
        (lambda audit: audit["channels"]["phone"].update(clicks=None), "channels/phone: exact without clicks"),
        (lambda audit: audit["channels"]["callback"].update(reason=None), "not_measured without reason"),
        (lambda audit: audit["channels"]["phone"].update(outcome="near"), "channels/phone/outcome"),
        (lambda audit: audit["channels"]["phone"].update(values="none"), "channels/phone/values"),
        (lambda audit: audit["channels"]["phone"]["path"][0].pop("from"), "channels/phone/path/0/from"),
        (lambda audit: audit["channels"]["email"].update(proof={"screenshot": 7, "box": None}), "proof/screenshot"),
        (lambda audit: audit["channels"]["email"].update(proof={"screenshot": "a", "box": [1, 2, -3, 4]}), "proof/box"),
        (lambda audit: audit["pages"].update(read="7"), "pages/read"),
        (lambda audit: audit["pages"].update(cpu_seconds=float("nan")), "pages/cpu_seconds"),
        (lambda audit: audit["set_aside"][0].update(why="ugly"), "set_aside/0/why"),
    ],
)
def test_a_complaint_says_where(change: Any, where: str) -> None:
    with pytest.raises(NotAnAuditError, match=where):
        parse_results(bytes_of(changed(static_audit(), change)))


def test_a_file_that_cannot_be_read_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_bytes(bytes_of(static_audit())[:-20])
    (tmp_path / "huge.json").write_bytes(b" " * (MAX_RESULT_BYTES + 1))
    for file in (tmp_path / "torn.json", tmp_path / "huge.json", tmp_path / "missing.json", tmp_path):
        with pytest.raises(UserError) as raised:
            read_audit(file)
        assert raised.value.what.startswith(str(file)) and raised.value.remedy
        assert "\n" not in str(raised.value)


def test_a_picture_of_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "1.png").write_bytes(PICTURE)
    assert read_picture(tmp_path, "steps/1.png") == PICTURE


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "steps/../../secret.png",
        "{folder}/secret.png",
        "C:\\secret.png",
        "\\secret.png",
        "..\\secret.png",
        "",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (tmp_path / "audit").mkdir()
    assert read_picture(tmp_path / "audit", name.format(folder=tmp_path)) is Absence.OUTSIDE


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "phone.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "audit" / "steps").symlink_to(tmp_path)
    assert read_picture(tmp_path / "audit", "phone.png") is Absence.OUTSIDE
    assert read_picture(tmp_path / "audit", "steps/secret.png") is Absence.OUTSIDE


def test_a_folder_reached_through_a_link_is_a_folder_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "phone.png").write_bytes(PICTURE)
    (tmp_path / "latest").symlink_to(tmp_path / "audit")
    assert read_picture(tmp_path / "latest", "phone.png") == PICTURE


def test_what_is_no_file_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "ring.png").symlink_to(tmp_path / "ring.png")
    assert read_picture(tmp_path, "folder.png") is Absence.UNREADABLE
    assert read_picture(tmp_path, "ring.png") in (Absence.UNREADABLE, Absence.MISSING)
    assert read_picture(tmp_path, "none.png") is Absence.MISSING
    assert read_picture(tmp_path, "n\0ne.png") is Absence.OUTSIDE


def test_a_picture_too_large_to_mail_is_left_where_it_is(tmp_path: Path) -> None:
    with (tmp_path / "big.png").open("wb") as stream:
        stream.truncate(40_000_000)
    assert read_picture(tmp_path, "big.png") is Absence.TOO_LARGE


def test_the_changes_above_start_from_a_valid_result() -> None:
    sample: Json = static_audit()
    assert parse_results(bytes_of(sample))
