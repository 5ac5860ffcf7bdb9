"""Editions: frozen and scored alike everywhere, verified, reviewed, published, corrected."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from barometer import grids
from barometer.edition import (
    ZONE,
    days_of_tests,
    frozen,
    grid_of,
    listed,
    named,
    observed,
    public_result,
    rankings,
    scores_of,
)
from barometer.editions import life
from barometer.editions.corrections import require_public
from barometer.editions.obstacles import obstacles
from barometer.editions.score import grid_file_changed
from barometer.errors import UserError
from barometer.podium import Podium
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import (
    Attempt,
    EditionEvent,
    EditionFile,
    EditionFileKind,
    EditionState,
    EditionStep,
    Mark,
    OptOut,
    OptOutKind,
    Review,
    Sighting,
    Verdict,
    utc_now,
)
from storage.retention import retire
from storage.vocabulary import AttemptState
from tests.barometer.edition_folder import OPENING, Folder, fill, scored
from tests.barometer.edition_market import (
    CAMPAIGN,
    FIRST,
    NIGHTS,
    a_campaign,
    answer,
    host,
    key,
    mails,
    market,
    merchant,
    visits,
)

SHEET, INPUTS, GRID = EditionFileKind.SHEET, EditionFileKind.INPUTS, EditionFileKind.GRID
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = scored(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[Folder]:
    """Give a database of each kind without anything."""
    with open_database(database_url) as database:
        database.migrate()
        yield Folder(database, EvidenceStore(tmp_path / "evidence"))


def sums(folder: Folder, kind: EditionFileKind) -> dict[str, str]:
    with folder.database.reading() as session:
        return frozen(session, named(session, OPENING.name), kind)


def steps(folder: Folder) -> list[EditionStep]:
    with folder.database.reading() as session:
        return [event.step for event in life.events(session, named(session, OPENING.name))]


def in_the_way(folder: Folder, now: datetime = NOW) -> list[str]:
    with folder.database.reading() as session:
        return obstacles(session, folder.store, named(session, OPENING.name), now)


# The same bytes


@pytest.mark.postgres
def test_the_same_records_give_the_same_sheets_in_sqlite_and_postgresql(
    folder: Folder, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    address = request.getfixturevalue("postgresql_database").render_as_string(hide_password=False)
    with open_database(address) as database:
        # Another order of storing, another store: neither may matter.
        other = fill(database, tmp_path / "other", market()[::-1])
        assert sums(other, SHEET) == sums(folder, SHEET)
        assert sums(other, INPUTS) == sums(folder, INPUTS)
        assert other.verify().differences == ()
    assert len(sums(folder, SHEET)) == 2


def test_scoring_twice_gives_the_same_bytes_and_says_that_nothing_changed(folder: Folder) -> None:
    before = sums(folder, SHEET), sums(folder, INPUTS)
    assert folder.score().changed == ()
    assert (sums(folder, SHEET), sums(folder, INPUTS)) == before


def test_the_sheets_hold_no_time_of_day(folder: Folder) -> None:
    year_and_hour = b"T0"
    for evidence in sums(folder, SHEET).values():
        content = folder.store.get(evidence)
        assert b"2026-" not in content
        assert year_and_hour not in content


def test_the_best_stand_on_the_podium_and_the_sheets_say_so(folder: Folder) -> None:
    with folder.database.reading() as session:
        shoes, toys = rankings(session, folder.store, named(session, "2027"))
    assert [one.merchant.name for one in Podium(shoes).laureates] == ["Alder shoes", "Birch shoes"]
    assert shoes.category == "shoes"
    assert all(one.stability is not None and one.score.interval is not None for one in (*shoes.placed, *toys.placed))


def test_observed_gives_what_the_marks_were_made_from_whatever_was_recorded_since(folder: Folder) -> None:
    shop = merchant("Newcomer", "shoes", "new.example")
    folder.add(shop, *visits(shop))
    with folder.database.reading() as session:
        seen = dict(observed(session, folder.store, named(session, "2027")))
    assert [len(one.nights) for one in seen["shoes"]] == [7, 7, 7, 7]
    assert folder.verify().differences == ()


def test_marks_are_rows_too_rounded_and_replaced_by_the_next_scoring(folder: Folder) -> None:
    folder.score()
    with folder.database.reading() as session:
        rows = session.scalars(select(Mark)).all()
        (grid,) = {one.grid for one in listed(session)}
        criteria = len(grids.load(grid).criteria)
    assert len(rows) == 8 * criteria
    assert {row.rater.partition(" ")[0] for row in rows} == {"barometer"}
    assert all((row.value is None) is (row.reason is not None) for row in rows)


# Verification


def test_what_was_not_touched_is_verified(folder: Folder) -> None:
    done = folder.verify()
    assert (done.categories, done.differences) == (2, ())


def tampered(folder: Folder, kind: EditionFileKind, old: bytes, new: bytes) -> None:
    """Change the file of the shoes in the store, as somebody would who knows only the file."""
    file = folder.store.path(sums(folder, kind)["shoes"])
    content = gzip.decompress(file.read_bytes())
    assert old in content
    file.write_bytes(gzip.compress(content.replace(old, new)))


@pytest.mark.parametrize(
    ("kind", "old", "new"), [(SHEET, b"Alder", b"Elder"), (INPUTS, b"Alder", b"Elder")], ids=["sheet", "inputs"]
)
def test_a_tampered_file_is_found(folder: Folder, kind: EditionFileKind, old: bytes, new: bytes) -> None:
    tampered(folder, kind, old, new)
    (difference,) = folder.verify().differences
    assert difference.category == "shoes"
    assert "is not what was stored" in difference.what


def test_a_sheet_that_was_exchanged_together_with_its_sum_is_found_twice(folder: Folder) -> None:
    forged = folder.store.get(sums(folder, SHEET)["shoes"]).replace(b'"place":1', b'"place":9')
    with folder.database.session() as session:
        session.execute(
            update(EditionFile)
            .where(EditionFile.kind == SHEET, EditionFile.category == "shoes")
            .values(evidence=folder.store.put(forged, ".json"))
        )
    found = [one.what for one in folder.verify().differences if one.category == "shoes"]
    assert found == ["its sheet file is not the one that the scoring wrote", "its sheet comes out differently"]


def test_a_mark_changed_in_the_table_is_found(folder: Folder) -> None:
    with folder.database.session() as session:
        row = session.scalars(select(Mark).where(Mark.value.is_not(None)).limit(1)).one()
        row.value = Decimal(row.value or 0) + 1
    (difference,) = folder.verify().differences
    assert "table of marks" in difference.what


def test_a_record_that_is_gone_is_named(folder: Folder) -> None:
    with folder.database.session() as session:
        session.execute(delete(Sighting).where(Sighting.visit_id == key("visit", host(0, "shoes"), 6)))
        session.execute(text("DELETE FROM visit WHERE id = :id"), {"id": key("visit", host(0, "shoes"), 6)})
    (difference,) = folder.verify().differences
    assert difference.category == "shoes"
    assert key("visit", host(0, "shoes"), 6) in difference.what


def test_evidence_that_was_retired_by_age_leaves_the_files_of_editions(folder: Folder) -> None:
    retire(folder.database, folder.store, utc_now() + timedelta(days=1))
    assert folder.verify().differences == ()


# The grid


def test_an_edition_keeps_its_grid_when_the_file_changes_and_says_so(empty: Folder, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(grids.source("open-to-dialog"))
    empty.add(*market())
    edition = empty.open(OPENING._replace(grid=str(file)))
    empty.score()
    before = sums(empty, SHEET)
    assert not grid_file_changed(edition)
    file.write_bytes(file.read_bytes().replace(b"nights = 7", b"nights = 1"))
    assert grid_file_changed(edition)
    empty.score()
    assert sums(empty, SHEET) == before
    with empty.database.reading() as session:
        assert grid_of(session, empty.store, edition).nights == 7
    file.unlink()
    assert empty.verify().differences == ()


def test_a_grid_that_cannot_be_read_opens_nothing(empty: Folder, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(b"schema = 3")
    with pytest.raises(UserError):
        empty.open(OPENING._replace(grid=str(file)))
    with empty.database.reading() as session:
        assert listed(session) == []


# Opening


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "../../etc"},
        {"name": ""},
        {"name": "a" * 61},
        {"name": "2027\u202e"},
        {"name": "=2027"},
        {"title": " "},
        {"title": "a\x1b[31m"},
        {"title": "a" * 201},
        {"year": 27},
        {"first_day": OPENING.last_day + timedelta(days=1)},
        {"campaigns": ["winter"]},
        {"categories": ["hats"]},
        {"grid": "no-such-grid"},
    ],
)
def test_what_is_wrong_with_an_opening_is_said_in_one_line(folder: Folder, wrong: dict[str, object]) -> None:
    with pytest.raises(UserError) as error:
        folder.open(OPENING._replace(**{"name": "2028", **wrong}))  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    with folder.database.reading() as session:
        assert [one.name for one in listed(session)] == ["2027"]


def test_a_name_is_given_once(folder: Folder) -> None:
    with pytest.raises(UserError, match="there is an edition '2027' already"):
        folder.open()


def test_days_are_those_of_paris_and_the_last_one_counts(folder: Folder) -> None:
    edition = folder.edition()
    assert days_of_tests(edition) == (OPENING.first_day, OPENING.last_day)
    assert edition.tests_from == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert edition.tests_until == datetime(2026, 7, 15, 22, tzinfo=UTC)


def test_an_unknown_name_or_revision_says_what_there_is(folder: Folder) -> None:
    with folder.database.reading() as session:
        with pytest.raises(UserError, match="there is: 2027"):
            named(session, "2026")
        with pytest.raises(UserError, match="has no revision 2; there is: 1"):
            named(session, "2027", 2)


# The life of an edition


def test_an_edition_is_reviewed_published_and_corrected_by_a_new_revision(folder: Folder) -> None:
    assert in_the_way(folder) == []
    folder.publish()
    with folder.database.session() as session:
        edition = named(session, "2027")
        assert edition.state is EditionState.PUBLISHED
        revision = life.revise(session, edition, "Camille Durand", "a number was a fax")
        assert (revision.revision, revision.state, revision.correction) == (2, EditionState.DRAFT, "a number was a fax")
        assert (revision.grid_hash, revision.parameters) == (edition.grid_hash, edition.parameters)
    folder.score()
    with folder.database.reading() as session:
        first, second = (frozen(session, named(session, "2027", number), SHEET) for number in (1, 2))
        assert named(session, "2027").revision == 2
        assert first != second  # the head says which revision it is
        one, two = (rankings(session, folder.store, named(session, "2027", number))[0] for number in (1, 2))
    assert [(each.place, each.score.score) for each in one.placed] == [
        (each.place, each.score.score) for each in two.placed
    ]
    assert steps(folder) == [EditionStep.OPENED, EditionStep.SCORED]


@pytest.mark.parametrize("step", ["score", "approve", "reopen", "publish", "revise"])
@pytest.mark.parametrize("state", list(EditionState))
def test_a_state_that_forbids_a_step_says_the_way_on(folder: Folder, state: EditionState, step: str) -> None:
    allowed = {
        "score": EditionState.DRAFT,
        "approve": EditionState.DRAFT,
        "reopen": EditionState.REVIEWED,
        "publish": EditionState.REVIEWED,
        "revise": EditionState.PUBLISHED,
    }[step]
    if state is allowed:
        return
    with folder.database.session() as session:
        named(session, "2027").state = state
    before = steps(folder)
    with pytest.raises(UserError, match=r"so it cannot be .*; .*barometer edition") as error:
        if step == "score":
            folder.score()
        with folder.database.session() as session:
            edition = named(session, "2027")
            if step in ("approve", "publish"):
                getattr(life, step)(session, edition, "Camille Durand", [])
            else:
                getattr(life, step)(session, edition, "Camille Durand", "why not")
    assert "\n" not in str(error.value)
    assert folder.edition().state is state
    assert steps(folder) == before


def test_nothing_is_reviewed_before_it_is_scored(empty: Folder) -> None:
    empty.add(a_campaign())
    empty.open()
    with empty.database.session() as session, pytest.raises(UserError, match="has no marks yet"):
        life.approve(session, named(session, "2027"), "Camille Durand", [])


def test_obstacles_refuse_review_and_publication(folder: Folder) -> None:
    with (
        folder.database.session() as session,
        pytest.raises(UserError, match=r"cannot be reviewed yet: a \(and 1 more\)"),
    ):
        life.approve(session, named(session, "2027"), "Camille Durand", ["a", "b"])
    assert folder.edition().state is EditionState.DRAFT


def test_events_stay_as_they_are(folder: Folder) -> None:
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError), folder.database.session() as session:
        session.execute(update(EditionEvent).values(actor="nobody"))


def test_what_was_scored_while_another_scored_is_not_overwritten(folder: Folder) -> None:
    stale = folder.edition()
    folder.score()
    from barometer.editions import score as edition_score

    with pytest.raises(UserError, match="was changed while it was scored"):
        edition_score.score(folder.database, folder.store, stale, "x", lambda *told: None)


# What the public may know


def test_only_a_published_edition_has_a_public_result(folder: Folder) -> None:
    with folder.database.reading() as session, pytest.raises(UserError, match="is not published but draft"):
        public_result(session, folder.store, named(session, "2027"))
    folder.publish()
    with folder.database.reading() as session:
        result = public_result(session, folder.store, named(session, "2027"))
    edition = result.edition
    assert (edition.year, edition.tests_from, edition.tests_until) == (2027, OPENING.first_day, OPENING.last_day)
    assert [podium.category for podium in result.podiums] == ["shoes", "toys"]
    assert [len(podium.laureates) for podium in result.podiums] == [2, 2]
    assert result.label is not None
    assert result.label.merchants == ()


def test_a_draft_revision_points_to_the_published_one(folder: Folder) -> None:
    folder.publish()
    with folder.database.session() as session:
        life.revise(session, named(session, "2027"), "Camille Durand", "why")
    with folder.database.reading() as session:
        with pytest.raises(UserError, match="or give --revision 1"):
            public_result(session, folder.store, named(session, "2027"))
        assert public_result(session, folder.store, named(session, "2027", 1)).edition.revision == 1


# What keeps an edition from being published


def test_a_merchant_that_asks_to_be_left_alone_after_the_scoring_is_in_the_way(folder: Folder) -> None:
    folder.add(OptOut(kind=OptOutKind.DOMAIN, value=host(0, "shoes"), reason="asked", recorded_by="Camille"))
    assert in_the_way(folder)[0] == "1 of its merchants asked to be left alone since it was scored; score it again"
    folder.score()
    assert in_the_way(folder) == []
    with folder.database.reading() as session:
        shoes = rankings(session, folder.store, named(session, "2027"))[0]
    assert "Alder shoes" not in [score.merchant.name for score in scores_of(shoes)]


def test_an_edition_waits_for_the_last_day_of_its_tests(empty: Folder) -> None:
    empty.add(*market())
    tomorrow = utc_now().astimezone(ZONE).date() + timedelta(days=1)
    empty.open(OPENING._replace(last_day=tomorrow))
    empty.score()
    assert in_the_way(empty, utc_now()) == [f"its tests run until {tomorrow}; wait for that day, then score it again"]


def test_open_attempts_are_awaited_until_their_windows_close(empty: Folder) -> None:
    campaign = a_campaign()
    shops = [merchant(name, "shoes") for name in ("Alder", "Birch", "Cedar")]
    records = [campaign, *shops]
    t0 = utc_now() - timedelta(hours=30)
    for rank, shop in enumerate(shops):
        records += [*visits(shop, rank), *mails(campaign, shop, rank, t0=t0)]
    empty.add(*records)
    empty.open(OPENING._replace(last_day=utc_now().astimezone(ZONE).date()))
    empty.score()
    (waiting,) = in_the_way(empty, utc_now())
    closes = t0 + timedelta(hours=10, days=14)
    assert waiting == (
        f"an attempt in category 'shoes' may be answered until {closes:%Y-%m-%d %H:%M} UTC; score after that"
    )
    over = in_the_way(empty, closes + timedelta(minutes=1))
    assert "attempts that were open when it was scored are over; score it again" in over


# Little, and nothing


def test_an_edition_without_a_merchant_ends_in_one_line(empty: Folder) -> None:
    empty.add(a_campaign())
    empty.open()
    with pytest.raises(UserError, match="has nobody to mark: no merchant"):
        empty.score()
    assert empty.edition().scored_at is None


def test_an_edition_without_data_is_scored_and_never_reviewed(empty: Folder) -> None:
    empty.add(a_campaign(), *(merchant(name, "shoes") for name in ("Alder", "Birch", "Cedar")))
    empty.open()
    done = empty.score()
    assert (done.categories, done.merchants, done.measured) == (1, 3, 0)
    assert in_the_way(empty)[0].startswith("nothing was measured of anybody")
    assert empty.verify().differences == ()


def test_a_category_with_one_merchant_has_a_score_and_no_podium(empty: Folder) -> None:
    campaign, shop = a_campaign(), merchant("Alone", "hats")
    empty.add(campaign, shop, *visits(shop), *mails(campaign, shop))
    empty.open()
    empty.score()
    with empty.database.reading() as session:
        (hats,) = rankings(session, empty.store, named(session, "2027"))
    assert hats.why_no_podium == "too_few"
    assert hats.unplaced[0].score == Decimal("20.0")
    assert not Podium(hats)


def test_hostile_names_are_kept_to_the_letter_and_change_no_file_name(empty: Folder) -> None:
    names = ("<b>Alder</b>", "=cmd|' /C calc'!A0", "\u202eBirch \U0001f600", "../../" + "C" * 300)
    empty.add(*market(names, ("a/../b",)))
    empty.open()
    empty.score()
    with empty.database.reading() as session:
        (ranking,) = rankings(session, empty.store, named(session, "2027"))
    assert {score.merchant.name for score in scores_of(ranking)} == {f"{name} a/../b" for name in names}
    assert empty.verify().differences == ()
    assert all(len(file.name.partition(".")[0]) == 64 for file in empty.store.directory.rglob("*.gz"))


def test_a_campaign_that_is_not_named_does_not_count_and_is_told(folder: Folder) -> None:
    folder.add(a_campaign("forgotten"))
    with folder.database.reading() as session:
        assert life.campaigns_meanwhile(session, named(session, "2027")) == ["forgotten"]
    parameters = folder.edition().parameters
    assert parameters["campaigns"] == [key("campaign", CAMPAIGN)]
    assert json.dumps(parameters)
    assert folder.edition().tests_until > FIRST


# What comes after the scoring


def add_a_reply(folder: Folder) -> None:
    attempt = next(one for one in mails(a_campaign(), merchant("x", "shoes", host(2, "shoes")), rank=2))
    folder.add(answer(attempt, FIRST + timedelta(days=1)))  # type: ignore[arg-type]


def add_a_visit(folder: Folder) -> None:
    late = list(visits(merchant("x", "shoes", host(0, "shoes")), nights=NIGHTS + 1))[-4:]
    folder.add(*late)


def add_a_merchant(folder: Folder) -> None:
    folder.add(merchant("Newcomer", "shoes", "new.example"))


@pytest.mark.parametrize(
    ("came", "what"),
    [(add_a_reply, "1 reply"), (add_a_visit, "2 visits"), (add_a_merchant, "1 merchant")],
)
def test_records_that_come_after_the_scoring_are_in_the_way_until_it_is_scored_again(
    folder: Folder, came: Callable[[Folder], None], what: str
) -> None:
    came(folder)
    assert in_the_way(folder) == [
        f"what category 'shoes' rests on changed since it was scored ({what}); score it again"
    ]
    folder.score()
    assert not any("since it was scored" in line for line in in_the_way(folder))


def test_a_category_that_came_after_the_scoring_is_in_the_way(folder: Folder) -> None:
    folder.add(merchant("Milliner", "hats"))
    assert in_the_way(folder) == ["what category 'hats' rests on changed since it was scored; score it again"]


def test_a_decision_counts_by_its_key_and_not_by_its_hour(folder: Folder) -> None:
    early = Review(
        edition_id=folder.edition().id, subject="depth", subject_id=f"{key('merchant', host(0, 'shoes'))}/phone",
        verdict=Verdict.OVERRULED, replacement="9", why="why", reviewer="Camille", reviewed_at=FIRST,
    )  # fmt: skip
    folder.add(early)
    assert in_the_way(folder) == [
        "what category 'shoes' rests on changed since it was scored (1 review); score it again"
    ]


def test_an_attempt_that_was_open_is_awaited_whatever_its_journal_says_since(empty: Folder) -> None:
    campaign, t0 = a_campaign(), utc_now() - timedelta(hours=30)
    shops = [merchant(name, "shoes") for name in ("Alder", "Birch", "Cedar")]
    for rank, shop in enumerate(shops):
        empty.add(*([campaign] if rank == 0 else []), shop, *visits(shop, rank), *mails(campaign, shop, rank, t0=t0))
    empty.open(OPENING._replace(last_day=utc_now().astimezone(ZONE).date()))
    empty.score()
    with empty.database.session() as session:
        session.execute(update(Attempt).values(state=AttemptState.ANSWERED))
    assert any("may be answered until" in line for line in in_the_way(empty, utc_now()))
    over = in_the_way(empty, t0 + timedelta(days=15))
    assert "attempts that were open when it was scored are over; score it again" in over


def test_a_sheet_that_the_scoring_did_not_write_is_never_public(folder: Folder) -> None:
    folder.publish()
    forged = folder.store.get(sums(folder, SHEET)["shoes"]).replace(b"Alder", b"Elder")
    with folder.database.session() as session:
        session.execute(
            update(EditionFile)
            .where(EditionFile.kind == SHEET, EditionFile.category == "shoes")
            .values(evidence=folder.store.put(forged, ".json"))
        )
    with folder.database.reading() as session:
        with pytest.raises(UserError, match=r"category 'shoes'.*not the one that the scoring wrote.*edition verify"):
            public_result(session, folder.store, named(session, "2027"))
        (line,) = obstacles(session, folder.store, named(session, "2027"), NOW)
    assert "barometer edition verify" in line


@pytest.mark.parametrize("why", ["it was DÓGWOOD Shoes", f"see {host(3, 'shoes')}", "Cedar toys answered"])
def test_a_correction_names_nobody_whom_nothing_public_names(folder: Folder, why: str) -> None:
    folder.publish()
    with folder.database.reading() as session:
        with pytest.raises(UserError, match="which nothing public names, and it is printed") as error:
            require_public(session, folder.store, named(session, "2027"), why)
        require_public(session, folder.store, named(session, "2027"), "Alder shoes, and a cedar: a call counted twice")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("wrong", [{"last_day": date(9999, 12, 31)}, {"first_day": date(1, 1, 1)}])
def test_days_at_the_end_of_time_are_refused_in_one_line(folder: Folder, wrong: dict[str, date]) -> None:
    with pytest.raises(UserError, match="is no day of tests"):
        folder.open(OPENING._replace(name="2028", **wrong))  # type: ignore[arg-type]


def test_a_name_with_a_nul_is_no_edition_in_any_database(empty: Folder) -> None:
    with empty.database.reading() as session, pytest.raises(UserError, match="there is no edition"):
        named(session, "2027\0")
