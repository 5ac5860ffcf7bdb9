"""``barometer changes`` says what moved over stored nights, as lines, JSON, a table and a feed."""

import csv
import io
import json
import re
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import time_machine
from lxml import etree

from barometer.audit_files import EVIDENCE_FOLDER
from barometer.history.asked import Asked, days_asked
from barometer.history.stored_nights import stored_nights
from barometer.reports.history_json import CHANGES_SCHEMA
from barometer.reports.history_words import history_words
from barometer.reports.wording import Language
from barometer.result import outcomes
from barometer.stored_visits import stored_reading
from storage.evidence import EvidenceStore
from storage.records import OptOut, OptOutKind, Visit
from storage.vocabulary import Channel, PriceClass, Profile, Reason, VisitStatus
from tests.barometer.command_line import Finished, run
from tests.barometer.history.samples import NUMBER, OTHER, PREMIUM, Books, seen
from tests.barometer.visit_samples import rendered_visit, static_visit

NOW = "2026-11-22 12:00:00+00:00"
HOSTILE = "=1+1<b>\x1b[31m[red]\u202e&\x00\ufffe]]>"


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.chdir(tmp_path)
    return Books(tmp_path)


def asked(*words: str | Path, since: str = "2026-11-01") -> Finished:
    with time_machine.travel(NOW, tick=True):
        return run("changes", "--since", since, *words)


def plain(out: str) -> str:
    """Return what was printed on one line, its spaces plain."""
    return " ".join(out.replace("\u00a0", " ").split())


def told(*words: str | Path, since: str = "2026-11-01") -> dict[str, Any]:
    done = asked("--json", *words, since=since)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_phone_that_moved_is_said_in_words_on_its_day(books: Books) -> None:
    books.phones("Elan", [1, 1, 4, 4])
    done = asked()
    assert done.code == 0
    assert "2026-11-03 Phone of Elan went from 1 to 4 clicks elan.test, confirmed 2026-11-04" in plain(done.out)
    assert "1 merchant, 4 nights looked at, 1 change" in plain(done.out)
    assert asked("--lang", "fr").out.count("Téléphone, Elan\u00a0: passe de 1 à 4\u00a0clics") == 1


def test_nothing_moved_is_said_with_what_was_looked_at(books: Books) -> None:
    for name in ("Elan", "Mira"):
        books.phones(name, [1, 1, 1])
    done = asked()
    assert done.code == 0
    assert "2 merchants, 3 nights looked at, 0 changes Nothing moved." in plain(done.out)


def test_a_change_is_told_once_by_whoever_asks_from_the_night_that_confirmed_it(books: Books) -> None:
    books.phones("Elan", [1, 1, 4, 4, 4])
    assert [len(told(since=f"2026-11-0{day}")["changes"]) for day in (3, 4, 5)] == [1, 1, 0]
    assert told("--until", "2026-11-03")["changes"] == []
    assert told("--until", "2026-11-03")["waiting"] == 1


def test_number_price_and_form_are_told_together_newest_first(books: Books) -> None:
    form = [seen(1, "https://elan.test/contact", Channel.FORM) for _ in range(4)]
    for number in range(6):
        value, price = (NUMBER, PriceClass.ORDINARY) if number < 2 else (PREMIUM, PriceClass.PREMIUM)
        books.visit("Elan", number, seen(0, value, price_class=price), *(form[number : number + 1]))
    found = told()["changes"]
    assert [(one["first_on"], one["kind"]) for one in found] == [
        ("2026-11-05", "vanished"), ("2026-11-03", "premium"), ("2026-11-03", "value_changed"),
    ]  # fmt: skip
    assert found[0]["sentence"] == "Form of Elan, at 1\u00a0click until then, vanished on 2026-11-05."
    assert "from +33 1 99 00 11 22 to +33 892 70 00 00 on 2026-11-03" in found[2]["sentence"]


def test_a_night_out_of_reach_is_a_fact_of_the_visit_and_no_depth(books: Books) -> None:
    books.phones("Elan", [1, 1])
    for number in (2, 3):
        books.visit("Elan", number, status=VisitStatus.UNREACHABLE, status_reason=Reason.DNS)
    (change,) = told()["changes"]
    assert (change["kind"], change["channel"], change["reason"]) == ("unreachable", None, "dns")
    assert change["after"] == {"site": "unreachable"}
    assert change["sentence"].startswith("The site of Elan stopped answering on 2026-11-03. The site\u2019s name")


def test_nights_without_a_visit_widen_the_day_and_nothing_else(books: Books) -> None:
    for number, depth in ((0, 1), (1, 1), (5, 4), (6, 4)):
        books.visit("Elan", number, seen(depth))
    (change,) = told()["changes"]
    assert change["sentence"] == "Phone of Elan went from 1 to 4\u00a0clicks between 2026-11-02 and 2026-11-06."


def test_the_last_visit_of_a_day_that_read_the_site_is_its_night(books: Books) -> None:
    books.phones("Elan", [1, 1, 1])
    for number in (1, 2):
        books.visit("Elan", number, seen(3), at=time(12))
        books.visit("Elan", number, at=time(18), status=VisitStatus.UNREACHABLE, status_reason=Reason.TIMEOUT)
    assert told()["changes"] == []
    books.visit("Elan", 3, seen(3))
    books.visit("Elan", 3, seen(1), at=time(12))
    assert told(since="2026-11-02")["changes"] == []


def test_a_day_begins_at_midnight_of_the_zone_of_the_schedule(books: Books) -> None:
    books.visit("Elan", 0, at=time(23, 30))
    assert told(since="2026-11-02")["nights"] == 1
    Path("barometer.toml").write_text(f'database = "{books.address}"\n[schedule]\ntimezone = "America/Lima"\n', "utf-8")
    assert told(since="2026-11-02")["nights"] == 0


def test_what_began_with_another_version_is_not_blamed_on_the_merchant(books: Books) -> None:
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit("Elan", number, seen(depth), tool_version="0.1.0" if number < 2 else "0.2.0")
    found = told()
    assert found["changes"][0]["cause"] == "unknown"
    assert found["conditions"] == [
        {"day": "2026-11-03", "what": "tool_version", "before": "0.1.0", "after": "0.2.0", "merchants": 1}
    ]
    out = asked().out
    assert out.index("May come from us, not from the merchant") < out.index("Phone of Elan")
    assert "2026-11-03: barometer 0.1.0 → 0.2.0 for 1 merchant" in plain(out)


def test_a_day_on_which_most_sites_were_out_of_reach_was_our_own_connection(books: Books) -> None:
    for shop in range(12):
        books.phones(f"S{shop}", [1, 1])
        for number in (2, 3):
            books.visit(f"S{shop}", number, status=VisitStatus.UNREACHABLE, status_reason=Reason.CONNECT)
    found = told()
    assert found["changes"] == []
    assert [(one["day"], one["unreachable"], one["of"]) for one in found["outages"]] == [
        ("2026-11-03", 12, 12), ("2026-11-04", 12, 12),
    ]  # fmt: skip
    assert "That was our connection" in plain(asked().out)


def test_flapping_is_one_line_with_how_often(books: Books) -> None:
    books.phones("Elan", [1, 1, 2, 1, 2, 1, 2, 1])
    done = asked()
    assert "Nothing moved." in done.out
    assert done.out.count("Phone of Elan: ") == 1
    assert "2 clicks and 1 click took turns, 3 times from 2026-11-03 to 2026-11-08" in plain(done.out)


def test_only_what_is_asked_for_is_looked_at(books: Books) -> None:
    books.merchant("Mira", "food")
    for name in ("Elan", "Mira"):
        for number in range(4):
            mail = seen(0 if number < 2 else 2, f"a@{name.lower()}.test", Channel.EMAIL)
            books.visit(name, number, seen(1 if number < 2 else 4), mail)
        books.visit(name, 9, seen(1), profile=Profile.MOBILE)
    assert {one["name"] for one in told("--category", "food")["changes"]} == {"Mira"}
    assert {one["name"] for one in told("--merchant", "elan.test")["changes"]} == {"Elan"}
    assert {one["channel"] for one in told("--channel", "email")["changes"]} == {"email"}
    assert told("--profile", "mobile")["nights"] == 1
    assert told("--confirm", "3")["changes"] == []


def test_who_asked_to_be_left_alone_is_left_out_and_counted(books: Books) -> None:
    for name in ("Elan", "Mira"):
        books.phones(name, [1, 1, 4, 4])
    with books.opened() as database, database.session() as session:
        session.add(OptOut(kind=OptOutKind.DOMAIN, value="elan.test"))
    found = told()
    assert {one["name"] for one in found["changes"]} == {"Mira"}
    assert (found["merchants"], found["left_alone"]) == (1, 1)
    assert "left alone: 1" in asked().err


STATE: dict[str, Any] = {
    "oneOf": [
        {
            "required": ["outcome", "clicks", "at_least"], "additionalProperties": False,
            "properties": {
                "outcome": {"enum": ["exact", "at_most", "not_found"]}, "clicks": {"type": ["integer", "null"]},
                "at_least": {"type": ["integer", "null"]},
            },
        },
        {
            "required": ["values"], "additionalProperties": False,
            "properties": {"values": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        },
        {"required": ["price_class"], "additionalProperties": False, "properties": {"price_class": {"enum": [*PriceClass]}}},
        {"required": ["site"], "additionalProperties": False, "properties": {"site": {"type": "string"}}},
    ]
}  # fmt: skip


def test_the_json_is_the_one_that_the_docs_promise(books: Books) -> None:
    books.phones("Elan", [1, 1, 4, 4, None, None])
    found = told()
    assert found["schema"] == CHANGES_SCHEMA
    page = (Path(__file__).parents[3] / "docs" / "changes.md").read_text("utf-8")
    for keys in (found, found["changes"][0]):
        assert [key for key in keys if f"`{key}`" not in page] == []
    for change in found["changes"]:
        for state in (change["before"], change["after"]):
            jsonschema.validate(state, STATE)
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", change["id"])
        assert date.fromisoformat(change["last_before"]) < date.fromisoformat(change["first_on"])


def test_the_table_runs_nothing_and_says_what_the_json_says(books: Books, tmp_path: Path) -> None:
    books.merchant(HOSTILE, key="elan.test", url="https://elan.test/")
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit(HOSTILE, number, seen(depth))
    done = asked("--csv", tmp_path / "moved.csv", "--json")
    raw = (tmp_path / "moved.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    (change,) = json.loads(done.out)["changes"]
    assert row["name"].startswith("'=1+1<b>") and "\x1b" not in raw.decode() and "\u202e" not in raw.decode()
    for key in ("first_on", "confirmed_on", "kind", "channel", "id", "cause"):
        assert row[key] == change[key]
    assert (row["before"], row["after"]) == ("exact 1", "exact 4")


ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def feed_of(file: Path) -> Any:
    return etree.fromstring(file.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))


def test_the_feed_obeys_the_rules_of_atom(books: Books, tmp_path: Path) -> None:
    books.merchant(HOSTILE, key="elan.test", url="https://elan.test/?a=1&b=2")
    for number, depth in enumerate((1, 1, 4, 4, 2, 2)):
        books.visit(HOSTILE, number, seen(depth))
    asked("--atom", tmp_path / "moved.xml")
    feed = feed_of(tmp_path / "moved.xml")
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert MOMENT.fullmatch(element.findtext(f"{ATOM}updated"))
    assert feed.tag == f"{ATOM}feed" and feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries) == 2
    assert feed.findtext(f"{ATOM}updated") == max(entry.findtext(f"{ATOM}updated") for entry in entries)
    for entry in entries:
        assert entry.find(f"{ATOM}content").get("type") == "text" and len(entry.find(f"{ATOM}content")) == 0
        assert "=1+1<b>" in entry.findtext(f"{ATOM}title")
        assert entry.find(f"{ATOM}link").get("href") == "https://elan.test/?a=1&b=2"
        assert all(category.get("term") for category in entry.findall(f"{ATOM}category"))


def test_a_feed_names_itself_and_its_entries_alike_every_day(books: Books, tmp_path: Path) -> None:
    books.phones("Elan", [1, 1, 4, 4, 4])
    files = [tmp_path / f"{number}.xml" for number in range(3)]
    for file, more in zip(files, ([], ["--until", "2026-11-04"], ["--merchant", "elan.test"]), strict=True):
        asked("--atom", file, *more)
    ids = [[element.text for element in feed_of(file).iter(f"{ATOM}id")] for file in files]
    assert ids[0] == ids[1]
    assert ids[0][0] != ids[2][0] and ids[0][1:] == ids[2][1:]


def test_a_feed_without_news_is_whole_all_the_same(books: Books) -> None:
    books.phones("Elan", [1, 1])
    done = asked("--atom", "-")
    feed = etree.fromstring(done.out.encode())
    assert MOMENT.fullmatch(feed.findtext(f"{ATOM}updated")) and feed.find(f"{ATOM}entry") is None


def test_nothing_a_merchant_is_called_steers_a_terminal(books: Books) -> None:
    books.merchant(HOSTILE, key="elan.test", url="https://elan.test/")
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit(HOSTILE, number, seen(depth))
    out = asked().out
    assert "\x1b" not in out and "\u202e" not in out and "[red]" in out
    assert "\x1b" not in asked("--json").out and "\u202e" not in asked("--json").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "2026-13-01"], "--since: '2026-13-01' is no day"),
        (["--since", "x" * 99], "is no day"),
        (["--since", "2026-11-23"], "--since: 2026-11-23 is in the future"),
        (["--since", "2026-11-20", "--until", "2026-11-19"], "--since: 2026-11-20 is after --until, 2026-11-19"),
        (["--since", "2026-11-20", "--until", "2027-01-01"], "--until: 2027-01-01 is in the future"),
        (["--since", "2026-11-20", "--channel", "fax"], "--channel: 'fax' is no channel"),
        (["--since", "2026-11-20", "--category", "x"], "the panel has no category"),
        (
            ["--since", "2026-11-20", "--merchant", "elann.test"],
            "the panel has no merchant 'elann.test'; is it elan.test?",
        ),
        (["--since", "2026-11-20", "--csv", "-", "--atom", "-"], "two formats want standard output"),
        (["--since", "2026-11-20", "--csv", "no/where.csv"], "--csv no/where.csv: lies in a folder that is not there"),
        (["--since", "2026-11-20", "--atom", "."], "--atom .: is a folder"),
        # Neither can be looked at; the folder in which root types is such a one for the user of the service.
        (["--since", "2026-11-20", "--csv", "n" * 300], "File name too long; give a file that can be written"),
    ],
)
def test_bad_input_is_one_line(books: Books, words: list[str], said: str) -> None:
    books.phones("Elan", [1])
    with time_machine.travel(NOW, tick=True):
        done = run("changes", *words)
    assert done.code == 2 and done.out == ""
    assert said in done.err and len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_are_days(books: Books, since: str) -> None:
    books.phones("Elan", [1, 1, 4, 4])
    with time_machine.travel(NOW, tick=True):
        done = run("changes", "--since", since)
    assert done.code == (0 if since < "2026" else 2)


def test_without_days_the_last_three_months_are_asked_for() -> None:
    assert days_asked(None, None, date(2026, 11, 22)) == (date(2026, 8, 24), date(2026, 11, 22))


def test_the_depths_are_those_of_the_outcomes(tmp_path: Path, database_url: str) -> None:
    """The history takes the depth that stands with a sighting; the graph of clicks must say the same, on both databases."""
    books = Books(tmp_path, database_url)
    shop = books.merchant("Elan")
    store = EvidenceStore(tmp_path / EVIDENCE_FOLDER)
    readings = [static_visit(store), rendered_visit(store)]
    with books.opened() as database, database.session() as session:
        for number, reading in enumerate(readings):
            reading.visit.merchant_id = shop
            reading.visit.started_at = reading.visit.started_at.replace(month=11, day=number + 1)
            session.add_all([reading.visit, *reading.pages, *reading.clicks, *reading.sightings, *reading.states])
    wanted = Asked(date(2026, 1, 1), date(2026, 12, 1), ZoneInfo("Europe/Paris"))
    with books.opened() as database, database.reading() as session:
        ((_, nights),) = stored_nights(session, [shop], wanted, [])
        for night in nights:
            found = outcomes(stored_reading(session, session.get_one(Visit, night.visit)))
            for channel, outcome in found.items():
                depth = night.channels[channel].depth if channel in night.channels else None
                assert (None if depth is None or depth.most > 99 else depth.most) == outcome.clicks
    assert nights[0].channels[Channel.PHONE].values == {NUMBER}


def test_changes_are_the_same_on_both_databases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    books = Books(tmp_path, database_url)
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit("Elan", number, seen(depth), seen(depth, OTHER), seen(depth + 1, PREMIUM))
    (change,) = told()["changes"]
    assert (change["kind"], change["before"]["clicks"], change["after"]["clicks"]) == ("farther", 1, 4)


def test_both_languages_have_every_word() -> None:
    assert {history_words(language).language for language in Language} == set(Language)
