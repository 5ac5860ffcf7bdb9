"""What merchants are told before an edition is published: each its own facts, and nothing of anybody else."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.edition import named
from barometer.editions import life
from barometer.editions.notices import file_name
from barometer.editions.obstacles import obstacles
from barometer.reports import notice_page as notice_page_module
from barometer.reports.notice_page import duration, notice_page, notice_words
from barometer.reports.wording import Language
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import EditionStep, OptOut, OptOutKind, utc_now
from tests.barometer.edition_folder import OPENING, SETTINGS, Folder, run, scored
from tests.barometer.edition_market import a_campaign, host, key, mails, market, merchant, visits

SHOES, TOYS = host(0, "shoes"), host(0, "toys")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    made = scored(tmp_path)
    yield made
    made.database.close()


def written(suffix: str = "json") -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in Path("notices").glob(f"*.{suffix}")}


def test_each_merchant_gets_a_page_and_a_json_file_with_its_own_facts_only(folder: Folder) -> None:
    done = run("edition", "notice", "2027", "--out", "notices")
    assert done.code == 0
    pages, files = written("html"), written()
    assert (len(pages), len(files)) == (8, 8)
    assert sorted(done.out.split()) == sorted(f"notices/{name}" for name in (*pages, *files))
    for name, text in files.items():
        own = json.loads(text)["merchant"]["key"]
        for everywhere in (text, pages[name.replace(".json", ".html")]):
            found = {
                other
                for other in (host(rank, each) for rank in range(4) for each in ("shoes", "toys"))
                if other in everywhere
            }
            assert found == {own}


def test_a_notice_holds_the_facts_and_no_mark(folder: Folder) -> None:
    run("edition", "notice", "2027", "--out", "notices", "--merchant", SHOES)
    (text,) = written().values()
    told = json.loads(text)
    assert told["schema"] == "barometer-notice/1"
    assert [night["channels"]["phone"]["clicks"] for night in told["nights"]] == [0] * 7
    assert told["nights"][0]["visit"] == key("visit", SHOES, 0)
    assert {value["value"] for value in told["values"]} >= {"+33199000000", f"bonjour@{SHOES}"}
    assert all(len(value["nights"]) == 7 for value in told["values"])
    assert [(one["ended"], one["seconds"]) for one in told["attempts"]] == [("answered", 1200.0)] * 2
    assert told["attempts"][0]["at"] == "2026-06-01T12:00:00Z"
    assert told["object_to"]["name"] == "Institut du contact"
    for word in ("score", "points", "rank", "weight", "coverage"):
        assert f'"{word}"' not in text


def test_silence_and_what_was_not_found_are_said_as_such(folder: Folder) -> None:
    run("edition", "notice", "2027", "--out", "notices", "--merchant", host(2, "shoes"), "--lang", "en")
    (page,), (text,) = written("html").values(), written().values()
    assert "no answer in 14\u00a0d" in page
    assert {one["ended"] for one in json.loads(text)["attempts"]} == {"answered", "never"}
    assert "not found" in page
    assert '<html lang="en">' in page


def test_writing_is_an_event_with_the_sum_of_every_file(folder: Folder) -> None:
    run("edition", "notice", "2027", "--out", "notices", "--by", "Camille Durand")
    with folder.database.reading() as session:
        event = life.events(session, named(session, "2027"))[-1]
    assert (event.step, event.actor) == (EditionStep.NOTIFIED, "Camille Durand")
    sums = {
        json.loads(text)["merchant"]["key"]: hashlib.sha256(text.encode()).hexdigest() for text in written().values()
    }
    assert event.detail["notices"] == sums


def test_merchants_that_were_given_a_day_are_waited_for(folder: Folder) -> None:
    last = (utc_now() + timedelta(days=9)).date()
    assert run("edition", "notice", "2027", "--out", "notices", "--until", last.isoformat()).code == 0
    with folder.database.reading() as session:
        (line,) = obstacles(session, folder.store, named(session, "2027"), utc_now())
        assert line.startswith(f"merchants were told that they may object until {last}")
        assert obstacles(session, folder.store, named(session, "2027"), utc_now() + timedelta(days=11)) == []
    assert json.loads(next(iter(written().values())))["object_until"] == last.isoformat()
    assert run("edition", "publish", "2027", "--by", "Camille Durand").code == 2
    over = run("edition", "notice", "2027", "--out", "notices", "--until", "2026-01-01")
    assert (over.code, "is over" in over.err) == (2, True)


def test_who_asked_to_be_left_alone_gets_no_notice(folder: Folder) -> None:
    folder.add(OptOut(kind=OptOutKind.DOMAIN, value=SHOES, reason="asked", recorded_by="Camille"))
    done = run("edition", "notice", "2027", "--out", "notices")
    assert "1 merchant" in done.err
    assert SHOES not in {json.loads(text)["merchant"]["key"] for text in written().values()}
    assert len(written()) == 7


def test_a_merchant_that_is_not_in_the_edition_is_named_and_nothing_is_written(folder: Folder) -> None:
    done = run("edition", "notice", "2027", "--out", "notices", "--merchant", "nobody.example")
    assert (done.code, "has no merchant 'nobody.example'" in done.err) == (2, True)
    assert written() == {}


def test_nobody_is_told_while_the_tests_run_or_answers_may_still_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "barometer.toml").write_text(SETTINGS, "utf-8")
    campaign, today = a_campaign(), utc_now()
    with open_database("sqlite:///barometer.db") as database:
        database.migrate()
        made = Folder(database, EvidenceStore(tmp_path / "evidence"))
        made.add(campaign)
        for rank, name in enumerate(("Alder", "Birch", "Cedar")):
            shop = merchant(name, "shoes")
            made.add(shop, *visits(shop, rank), *mails(campaign, shop, rank, t0=today - timedelta(days=4)))
        for number, last in enumerate((today + timedelta(days=3), today - timedelta(days=2))):
            made.open(OPENING._replace(name=f"e{number}", last_day=last.date()))
            assert run("edition", "score", f"e{number}").code == 0
    running = run("edition", "notice", "e0", "--out", "notices")
    assert (running.code, "who knows them answers them differently" in running.err) == (2, True)
    awaited = run("edition", "notice", "e1", "--out", "notices")
    assert (awaited.code, "may be answered until" in awaited.err) == (2, True)
    assert written() == {}


def test_a_folder_that_cannot_be_written_is_said_and_no_event_recorded(folder: Folder) -> None:
    Path("file").write_text("")
    done = run("edition", "notice", "2027", "--out", "file/notices")
    assert done.code == 2
    with folder.database.reading() as session:
        assert EditionStep.NOTIFIED not in [event.step for event in life.events(session, named(session, "2027"))]


def test_hostile_names_and_values_stand_in_the_page_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "barometer.toml").write_text(SETTINGS, "utf-8")
    names = ("<script>alert(1)</script>", "\u202egnp.exe \U0001f600", "../../etc/passwd", "=1+1" + "x" * 296)
    with open_database("sqlite:///barometer.db") as database:
        database.migrate()
        made = Folder(database, EvidenceStore(tmp_path / "evidence"))
        made.add(*market(names, ("shoes",)))
        made.open()
        made.score()
    assert run("edition", "notice", "2027", "--out", "notices").code == 0
    assert sorted(path.name for path in Path().rglob("*") if "passwd" in path.name) == []
    pages = written("html")
    assert len(pages) == 4
    for page in pages.values():
        assert "<script" not in page
        assert "\u202e" not in page
        assert "default-src 'none'" in page
        assert not re.search(r"<(?:img|link|iframe)|\son\w+=", page)


@given(st.text())
def test_a_file_name_holds_letters_digits_and_hyphens_whatever_the_key(merchant_key: str) -> None:
    try:
        merchant_key.encode()
    except UnicodeEncodeError:
        return
    assert re.fullmatch(r"[a-z0-9]+(?:-+[a-z0-9]+)*-[0-9a-f]{8}", file_name(merchant_key))
    assert len(file_name(merchant_key)) <= 49


def test_keys_that_look_alike_have_other_file_names() -> None:
    assert file_name("shop.example/a") != file_name("shop.example.a")


def test_both_languages_fill_in_the_same_things() -> None:
    folder = Path(notice_page_module.__file__).parent / "words"
    french, english = (
        {
            (section, name): {field for _, field, _, _ in Formatter().parse(text) if field}
            for section, told in tomllib.loads((folder / f"notice.{language}.toml").read_text("utf-8")).items()
            for name, text in told.items()
        }
        for language in Language
    )
    assert french == english
    assert notice_words(Language.FRENCH)["notice.kicker"] != notice_words(Language.ENGLISH)["notice.kicker"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "1 h 00 min"),
        (5400, "1 h 30 min"),
        (1209600, "14 d"),
        (190_000, "2 d 5 h"),
    ],
)
def test_durations_are_told_in_the_units_that_matter(seconds: float, told: str) -> None:
    assert duration(seconds, notice_words(Language.ENGLISH)).replace("\u00a0", " ") == told


def test_a_merchant_of_whom_nothing_is_known_gets_a_page_that_says_so(folder: Folder) -> None:
    run("edition", "notice", "2027", "--out", "notices", "--merchant", SHOES)
    told = {**json.loads(next(iter(written().values()))), "nights": [], "values": [], "attempts": []}
    page = notice_page(told, Language.ENGLISH)
    assert "That is held against nobody." in page
    assert TOYS not in page
