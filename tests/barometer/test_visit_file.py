"""Visits as files and from the database: what was written comes back, and what nobody wrote is refused in one line."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.audit_files import VISIT_FILE
from barometer.errors import UserError
from barometer.result import audit_result
from barometer.stored_visits import listed_visits, stored_visit
from barometer.visit_file import read_visit_file, read_visits, visit_json
from spiders.reading import SiteReading
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.records import Merchant, Visit
from storage.vocabulary import Profile
from tests.barometer.command_line import run
from tests.barometer.test_result import READINGS
from tests.barometer.visit_samples import HOME, NOON, rendered_visit, static_visit

Json = dict[str, Any]


@pytest.fixture
def rendered(tmp_path: Path) -> SiteReading:
    return rendered_visit(EvidenceStore(tmp_path))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def keep(database: Database, *readings: SiteReading) -> None:
    for reading in readings:
        with database.session() as session:
            session.add(reading.visit)
            session.flush()
            session.add_all([*reading.pages, *reading.clicks, *reading.sightings, *reading.states])


def closed(**more: Any) -> SiteReading:
    return SiteReading(Visit(**{"url": HOME, "started_at": NOON, "finished_at": NOON, **more}))


def test_what_was_written_comes_back(rendered: SiteReading) -> None:
    text = visit_json([rendered])
    (back,) = read_visits(text.encode(), VISIT_FILE)
    assert visit_json([back]) == text
    assert audit_result(back) == audit_result(rendered)
    assert (back.visit.started_at, back.states[0].consent) == (NOON, rendered.states[0].consent)


@pytest.mark.parametrize("name", list(READINGS))
def test_every_kind_of_visit_comes_back_with_its_result(name: str) -> None:
    (back,) = read_visits(visit_json([READINGS[name]]).encode(), VISIT_FILE)
    assert audit_result(back) == audit_result(READINGS[name])


def test_two_windows_stand_in_one_file() -> None:
    both = [closed(), closed(profile=Profile.MOBILE)]
    assert [one.visit.profile for one in read_visits(visit_json(both).encode(), VISIT_FILE)] == list(Profile)


def test_keys_of_a_later_version_are_left_alone(rendered: SiteReading) -> None:
    told = json.loads(visit_json([rendered]))
    told["later"] = told["visit"]["later"] = {"any": "thing"}
    del told["visit"]["robots"]
    (back,) = read_visits(json.dumps(told).encode(), VISIT_FILE)
    assert back.visit.robots is None


def first(kind: str, **more: Any) -> Callable[[Json], None]:
    return lambda told: told[kind][0].update(more)


def visit(**more: Any) -> Callable[[Json], None]:
    return lambda told: told["visit"].update(more)


HOSTILE: dict[str, Callable[[Json], Any]] = {
    "another schema": lambda told: told.update(schema="barometer-visit/9"),
    "no visit": lambda told: told.pop("visit"),
    "a visit that is a list": lambda told: told.update(visit=[]),
    "no pages": lambda told: told.pop("pages"),
    "pages that are an object": lambda told: told.update(pages={}),
    "a page that is a number": lambda told: told["pages"].append(3),
    "a visit never closed": visit(finished_at=None),
    "a time without a zone": visit(started_at="2026-03-02T12:00:00"),
    "a time that is none": visit(started_at="yesterday"),
    "a key with a path in it": visit(id="../../../../etc/passwd"),
    "a visit without a key": lambda told: told["visit"].pop("id"),
    "a word of no list": visit(status="splendid"),
    "a number that is a word": visit(pages_read="7"),
    "a number that is a flag": visit(pages_read=True),
    "a number beyond reason": visit(bytes=10**30),
    "a page that took longer than the world is old": first("clicks", seconds=1e308),
    "warnings that are numbers": visit(warnings=[1]),
    "a search for what is no channel": visit(search={"channels": ["fax"]}),
    "a search to no level": visit(search={"channels": [], "proven": "far"}),
    "evidence with a path in it": first("pages", evidence="../" * 21 + "x"),
    "evidence in capitals": first("states", html="A" * 64),
    "a page without address": lambda told: told["pages"][0].pop("url"),
    "an address that is null": first("pages", url=None),
    "a box of three": first("clicks", box=[1, 2, 3]),
    "a box of words": first("clicks", box=["1", "2", "3", "4"]),
    "a box without end": first("clicks", box=[1, 2, 3, 1e308]),
    "headers that are no pairs": first("states", headers=[["a", "b", "c"]]),
    "consent that is a word": first("states", consent="closed"),
    "the same record twice": lambda told: told["pages"].append(told["pages"][0]),
    "prices that are no numbers": first("sightings", max_eur_per_min="1e999999999"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_broken_or_hostile_file_is_refused_in_one_line(name: str, rendered: SiteReading) -> None:
    told = json.loads(visit_json([rendered]))
    HOSTILE[name](told)
    with pytest.raises(UserError) as refused:
        read_visits(json.dumps(told).encode(), VISIT_FILE)
    line = str(refused.value)
    assert line.startswith(f"{VISIT_FILE}: not a visit file: ") and "\n" not in line and len(line) < 500


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000, b'{"schema": NaN}', b'"barometer-visit/1"'],
    ids=["empty", "no text", "no visit", "null", "cut short", "nested without end", "not a number", "a word"],
)
def test_what_is_no_json_of_ours_is_refused(text: bytes) -> None:
    with pytest.raises(UserError, match="not a visit file"):
        read_visits(text, VISIT_FILE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SAMPLE = json.loads(visit_json([READINGS["everything"]]))


@given(st.data(), JSON)
def test_no_value_anywhere_breaks_the_reader(data: st.DataObject, value: Any) -> None:
    told = copy.deepcopy(SAMPLE)
    kind = data.draw(st.sampled_from(["visit", "pages", "clicks", "sightings"]))
    record = told[kind] if kind == "visit" else told[kind][0]
    record[data.draw(st.sampled_from(sorted(record)))] = value
    try:
        (back,) = read_visits(json.dumps(told).encode(), VISIT_FILE)
    except UserError:
        return
    visit_json([back])


def test_a_folder_without_a_visit_file_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no visit\.json in it"):
        read_visit_file(tmp_path / VISIT_FILE)


def test_a_stored_visit_comes_back_as_it_was(database: Database, rendered: SiteReading, tmp_path: Path) -> None:
    static = static_visit(EvidenceStore(tmp_path))
    keep(database, rendered, static)
    for reading in (rendered, static):
        with database.reading() as session:
            back = stored_visit(session, reading.visit.id)
        assert audit_result(back) == audit_result(reading)
        again = read_visits(visit_json([back]).encode(), VISIT_FILE)
        assert visit_json(again) == visit_json([back])
        counted = [len(back.pages), len(back.clicks), len(back.sightings), len(back.states)]
        assert counted == [len(reading.pages), len(reading.clicks), len(reading.sightings), len(reading.states)]


def test_the_first_digits_name_a_visit_as_long_as_only_one_has_them(database: Database) -> None:
    keep(database, closed(id="abcd1" + "0" * 27), closed(id="abcd2" + "0" * 27), closed(id="ffff" + "0" * 28))
    with database.reading() as session:
        assert stored_visit(session, "ABCD1").visit.id.startswith("abcd1")
        assert stored_visit(session, "ffff").visit.id.startswith("ffff")
        for digits, complaint in (
            ("abcd", "more than one"),
            ("0123", "there is no"),
            ("ff", "short"),
            ("x%_", "no visit"),
        ):
            with pytest.raises(UserError, match=complaint) as refused:
                stored_visit(session, digits)
            assert "barometer evidence list" in str(refused.value)


def test_a_visit_that_was_never_closed_is_none(database: Database) -> None:
    keep(database, closed(id="a" * 32, finished_at=None))
    with database.reading() as session, pytest.raises(UserError, match="there is no visit"):
        stored_visit(session, "aaaa")


def test_visits_are_listed_newest_first_and_by_merchant(database: Database) -> None:
    merchant = Merchant(key="shop.example", name="Épicerie du Port", url=HOME)
    with database.session() as session:
        session.add(merchant)
    for day in range(3):
        keep(database, closed(started_at=NOON + timedelta(days=day), merchant_id=merchant.id))
    keep(database, closed(url="https://other.example/fr/", started_at=NOON - timedelta(days=9)))
    with database.reading() as session:
        assert [one.started_at.day for one in listed_visits(session, None, 2)] == [4, 3]
        assert len(listed_visits(session, "épicerie du port", 20)) == 3
        assert len(listed_visits(session, "shop.example", 20)) == 3
        assert len(listed_visits(session, "https://www.other.example/fr", 20)) == 1
        assert listed_visits(session, "nobody", 20) == listed_visits(session, "other.exa", 20) == []
        assert listed_visits(session, " ", 20) == []


def test_the_list_is_printed_for_people_and_for_programs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAROMETER_DATABASE", database_url)
    assert "no visit" in run("evidence", "list").err
    keep(database, closed(id="abcd" + "0" * 28, url=f"{HOME}\x1b[31m"))
    shown = run("evidence", "list")
    assert "abcd00000000" in shown.out and "\x1b[31m" not in shown.out
    (told,) = json.loads(run("evidence", "list", "--json", "--limit", "5").out)
    assert (told["id"], told["started_at"]) == ("abcd" + "0" * 28, "2026-03-02T12:00:00.123456Z")
