"""``barometer edition`` and ``barometer review`` as they are used, and what their commands say when something is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.records import utc_now
from tests.barometer.edition_folder import BY, SETTINGS, WHY, Folder, run, scored
from tests.barometer.edition_market import a_campaign, host, key, market

OPEN = (
    "edition", "open", "2027", "--grid", "open-to-dialog", "--title", "Prix", "--year", "2027", "--from", "2026-06-01",
    "--until", "2026-07-15",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    made = scored(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    (tmp_path / "barometer.toml").write_text(SETTINGS, "utf-8")
    return tmp_path


def test_an_edition_goes_from_its_opening_to_its_correction(folder: Folder) -> None:
    assert run("edition", "score", "2027").out.splitlines() == [
        "scored: 2 categories, 8 merchants, 8 with a score",
        "different from before: nothing",
    ]
    assert run("edition", "verify", "2027").out == "verified: 2 categories of '2027', byte for byte\n"
    assert run("review", "list", "2027").err == "nothing to look at\n"
    assert run("edition", "review", "2027", *BY).code == 0
    assert run("edition", "publish", "2027", *BY).code == 0
    assert run("edition", "revise", "2027", *BY, "--why", "a fax was taken for a phone").code == 0
    told = json.loads(run("edition", "show", "2027", "--json").out)
    assert (told["revision"], told["state"], told["correction"]) == (2, "draft", "a fax was taken for a phone")
    assert told["left_to_do"] == ["it was not scored yet: barometer edition score"]
    first = json.loads(run("edition", "show", "2027", "--revision", "1", "--json").out)
    steps = [(event["step"], event["by"]) for event in first["events"]]
    assert steps[-3:] == [(step, "Camille Durand") for step in ("reviewed", "published", "revised")]
    assert [one["podium"] for one in first["categories"]] == [2, 2]
    assert first["left_to_do"] == []


def test_opening_names_what_was_left_out(bare: Path) -> None:
    from storage.database import open_database

    with open_database(f"sqlite:///{bare / 'barometer.db'}") as database:
        database.migrate()
        with database.session() as session:
            session.add(a_campaign("forgotten"))
    done = run(*OPEN)
    assert done.code == 0
    assert "no campaign was named" in done.err
    assert "campaigns that ran during the tests and do not count: forgotten" in done.err
    assert [one["edition"] for one in json.loads(run("edition", "list", "--json").out)] == ["2027"]


def test_an_edition_without_anything_ends_each_command_with_one_line(bare: Path) -> None:
    assert run("edition", "list").err == "no edition yet; open one with: barometer edition open\n"
    for words in (("score",), ("show",), ("verify",), ("publish", *BY), ("notice", "--out", "n")):
        done = run("edition", words[0], "2027", *words[1:])
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "there is no edition '2027'" in done.err
    assert run(*OPEN).code == 0
    for group, step, *more in (
        ("edition", "score"), ("edition", "verify"), ("review", "list"), ("edition", "notice", "--out", "n"),
    ):  # fmt: skip
        done = run(group, step, "2027", *more)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "2027" in done.err
    assert run("edition", "show", "2027").code == 0


def test_marks_are_shown_to_analysts_only_when_asked_for(folder: Folder) -> None:
    plain = run("edition", "show", "2027").out
    assert "Dogwood" not in plain
    shown = run("edition", "show", "2027", "--category", "shoes").out
    assert "Dogwood shoes" in shown
    assert "Dogwood toys" not in shown
    assert "confidential" in shown
    rows = json.loads(run("edition", "show", "2027", "--marks", "--json").out)["marks"]
    assert [row["place"] for row in rows] == [1, 2, 3, 4] * 2
    assert run("edition", "show", "2027", "--category", "hats").code == 2


def test_a_tampered_sheet_ends_verification_with_exit_code_1_and_its_category(folder: Folder) -> None:
    from barometer.edition import frozen, named
    from storage.records import EditionFileKind

    with folder.database.reading() as session:
        evidence = frozen(session, named(session, "2027"), EditionFileKind.SHEET)["toys"]
    folder.store.path(evidence).write_bytes(b"no longer what it was")
    done = run("edition", "verify", "2027")
    assert done.code == 1
    assert done.out.startswith("category 'toys': ")
    assert "shoes" not in done.out


def test_an_item_is_shown_with_what_each_night_saw_and_how_to_get_its_pages(folder: Folder) -> None:
    done = run("review", "show", "2027", f"depth:{host(1, 'shoes')}/phone")
    assert done.out.count("2026-06-") == 7
    assert "+33199000001" in done.out.replace("\n", "")
    visit = key("visit", host(1, "shoes"), 6)
    assert f"barometer evidence export {visit[:12]}" in done.out
    told = json.loads(run("review", "show", "2027", f"depth:{host(1, 'shoes')}/phone", "--json").out)
    assert [night["clicks"] for night in told["evidence"]["nights"]] == [1] * 7


def test_overruling_says_that_the_edition_must_be_scored_again(folder: Folder) -> None:
    ref = f"depth:{host(0, 'shoes')}/phone"
    done = run("review", "overrule", "2027", ref, "--as", "3", *BY, *WHY)
    assert (done.code, "score the edition again" in done.err) == (0, True)
    refused = run("edition", "review", "2027", *BY)
    assert (refused.code, "changed since it was scored (1 review)" in refused.err) == (2, True)
    assert run("edition", "score", "2027").out.splitlines()[-1] == "different from before: shoes"


def test_every_doubt_of_a_kind_is_upheld_at_once(bare: Path) -> None:
    from storage.database import open_database
    from storage.evidence import EvidenceStore
    from tests.barometer.edition_folder import OPENING

    with open_database(f"sqlite:///{bare / 'barometer.db'}") as database:
        database.migrate()
        made = Folder(database, EvidenceStore(bare / "evidence"))
        made.add(*market(categories=("shoes", "toys"), nights=1))
        made.open(OPENING)
        made.score()
    listed = json.loads(run("review", "list", "2027", "--json").out)
    assert {item["what"] for item in listed} == {"few_nights"}
    assert listed[0]["item"] in run("review", "list", "2027").out
    done = run("review", "uphold", "2027", "--every", "few_nights", "--category", "shoes", *BY, *WHY)
    assert done.out == f"upheld by Camille Durand: {len(listed) // 2} items\n"
    assert len(json.loads(run("review", "list", "2027", "--json").out)) == len(listed) // 2
    everything = json.loads(run("review", "list", "2027", "--all", "--json").out)
    assert sum(not item["open"] for item in everything) == len(listed) // 2
    assert run("review", "uphold", "2027", *BY, *WHY).code == 2
    assert run("review", "uphold", "2027", "--every", "flapping", *BY, *WHY).code == 2


def test_an_objection_is_recorded_listed_and_resolved(folder: Folder) -> None:
    shop = host(1, "shoes")
    done = run("edition", "dispute", "2027", "--merchant", shop, "--objection", "No\x1b[31m.\u202e\nNever!", *BY)
    dispute = done.out.removeprefix("recorded: dispute ").strip()
    assert done.code == 0
    shown = run("review", "list", "2027").out
    assert "\x1b[31m." not in shown
    assert "\u202e" not in shown
    assert run("edition", "publish", "2027", *BY).code == 2
    assert run("edition", "resolve-dispute", dispute, *BY, *WHY).code == 2
    resolved = run("edition", "resolve-dispute", dispute, "--founded", *BY, *WHY)
    assert resolved.out == f"resolved by Camille Durand: dispute {dispute} is founded\n"
    assert run("edition", "review", "2027", *BY).code == 0
    assert run("edition", "dispute", "2027", "--merchant", "nobody.example", "--objection", "No.", *BY).code == 2


@pytest.mark.parametrize("by", ["", " ", "a" * 81, "A\x1bB", "\u202eB"])
def test_nobody_decides_without_a_name(folder: Folder, by: str) -> None:
    done = run("edition", "review", "2027", "--by", by)
    assert (done.code, "is no name" in done.err) == (2, True)


def test_a_reason_that_says_nothing_is_no_reason(folder: Folder) -> None:
    done = run("review", "overrule", "2027", f"depth:{host(0, 'shoes')}/phone", "--as", "3", *BY, "--why", " - ")
    assert (done.code, "--why says nothing" in done.err) == (2, True)


def test_dates_are_read_before_anything_is_done(bare: Path) -> None:
    words = list(OPEN)
    words[words.index("2026-06-01")] = "1/6/2026"
    assert run(*words).err == "barometer: --from: '1/6/2026' is no day; write it like 2027-03-31\n"


def test_the_marks_are_dated(folder: Folder) -> None:
    told = json.loads(run("edition", "show", "2027", "--json").out)
    assert told["scored_at"] <= f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    assert (told["tests_from"], told["tests_until"], told["year"]) == ("2026-06-01", "2026-07-15", 2027)
