"""What a person must look at, what they say of it, and what merchants object to."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from barometer.delays import parameters_of_demonstration
from barometer.edition import ZONE, named, rankings, scores_of
from barometer.editions import disputes, life
from barometer.editions.obstacles import obstacles
from barometer.editions.queue import Item, ItemKind, queue
from barometer.editions.reviews import doubts_called, history, merchant_named, overrule, target, uphold
from barometer.errors import UserError
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import EditionState, EditionStep, Reply, Review, Verdict, utc_now
from storage.vocabulary import ReplyKind
from tests.barometer.edition_folder import OPENING, Folder, scored
from tests.barometer.edition_market import a_campaign, answer, host, key, mails, market, merchant, visits
from tests.databases import fresh_database

WHO, WHY = "Camille Durand", "looked at it"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = scored(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def doubtful(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    """Give an edition of each kind of database in which every channel rests on two nights."""
    address = f"sqlite:///{tmp_path / 'b.db'}"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql_url")
    with open_database(address) as database:
        database.migrate()
        made = Folder(database, EvidenceStore(tmp_path / "evidence"))
        made.add(*market(categories=("shoes",), nights=2))
        made.open()
        made.score()
        yield made


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with fresh_database(request.getfixturevalue("postgresql_server")) as database:
        yield database.render_as_string(hide_password=False)


def items(folder: Folder) -> list[Item]:
    with folder.database.reading() as session:
        return queue(session, folder.store, named(session, "2027"), utc_now())


def in_the_way(folder: Folder) -> list[str]:
    with folder.database.reading() as session:
        return obstacles(session, folder.store, named(session, "2027"), utc_now())


def say(folder: Folder, ref: str, value: str | None = None) -> None:
    """Uphold *ref*, or overrule it by *value*."""
    with folder.database.session() as session:
        edition = named(session, "2027")
        found = target(session, ref, lambda: queue(session, folder.store, edition, utc_now()))
        if value is None:
            uphold(session, edition, found, WHO, WHY)
        else:
            overrule(session, edition, found, value, WHO, WHY)


def score_of(folder: Folder, name: str) -> str:
    with folder.database.reading() as session:
        every = rankings(session, folder.store, named(session, "2027"))
        return next(str(one.score) for each in every for one in scores_of(each) if one.merchant.name == name)


def shoes(rank: int = 0) -> str:
    return host(rank, "shoes")


# Doubts


def test_a_doubt_is_open_until_somebody_upholds_it(doubtful: Folder) -> None:
    before = [item for item in items(doubtful) if item.is_open]
    assert {item.what for item in before} == {"few_nights"}
    say(doubtful, before[0].ref)
    after = items(doubtful)
    assert [item.ref for item in after if not item.is_open] == [before[0].ref]
    assert len(after) == len(before)
    assert in_the_way(doubtful) == [f"{len(before) - 1} items are open: barometer review list"]


def test_what_was_upheld_stays_so_when_scoring_again_finds_the_same(doubtful: Folder) -> None:
    ref = items(doubtful)[0].ref
    say(doubtful, ref)
    doubtful.score()
    assert next(item for item in items(doubtful) if item.ref == ref).decided is not None


def test_a_changed_value_opens_a_doubt_anew(doubtful: Folder) -> None:
    with doubtful.database.session() as session:
        edition = named(session, "2027")
        for one in doubts_called(queue(session, doubtful.store, edition, utc_now()), "few_nights"):
            uphold(session, edition, one, WHO, WHY)
    assert in_the_way(doubtful) == []
    shop = merchant("Alder shoes", "shoes", shoes())
    third = list(visits(shop, rank=2, nights=3))[-4:]
    doubtful.add(*third)
    doubtful.score()
    opened = [item for item in items(doubtful) if item.is_open and item.subject == "depth"]
    assert opened
    assert {item.merchant.key for item in opened if item.merchant} == {shoes()}


def test_all_doubts_of_a_kind_can_be_upheld_at_once_and_no_other_kind(doubtful: Folder) -> None:
    with doubtful.database.reading() as session:
        found = items(doubtful)
        assert len(doubts_called(found, "few_nights", "shoes")) == len(found)
        with pytest.raises(UserError, match="no open doubt of the kind 'flapping'; open are: few_nights"):
            doubts_called(found, "flapping")
        with pytest.raises(UserError):
            doubts_called(found, "few_nights", "toys")
        assert session is not None


def test_a_doubt_about_a_depth_can_be_overruled_and_is_settled_by_the_next_scoring(doubtful: Folder) -> None:
    item = next(one for one in items(doubtful) if one.subject_id.endswith("/phone") and one.merchant)
    say(doubtful, item.ref, "2")
    assert in_the_way(doubtful)[0] == (
        "what category 'shoes' rests on changed since it was scored (1 review); score it again"
    )
    doubtful.score()
    left = [one for one in items(doubtful) if one.subject_id == item.subject_id and one.is_open]
    assert left == []


def test_a_place_is_not_overruled(folder: Folder) -> None:
    item = Item("feedbeef", ItemKind.DOUBT, "unstable_place", "shoes", None, "why", "place", "shoes/x")
    with folder.database.session() as session:
        found = target(session, "feedbeef", lambda: [item])
        with pytest.raises(UserError, match="a doubt about place has no value"):
            overrule(session, named(session, "2027"), found, "1", WHO, WHY)


# Any depth, sighting or reply


def test_an_overruled_depth_counts_from_the_next_scoring_and_the_record_stays(folder: Folder) -> None:
    assert score_of(folder, "Alder shoes") == "20.0"
    say(folder, f"depth:{shoes()}/phone", "not_found")
    assert score_of(folder, "Alder shoes") == "20.0"
    folder.score()
    assert float(score_of(folder, "Alder shoes")) < 20
    say(folder, f"depth:{shoes()}/phone")
    folder.score()
    assert score_of(folder, "Alder shoes") == "20.0"
    with folder.database.reading() as session:
        found = target(session, f"depth:{shoes()}/phone", list)
        assert [one.verdict for one in history(session, found)] == [Verdict.OVERRULED, Verdict.UPHELD]
        assert all(one.reviewer == WHO and one.why == WHY for one in history(session, found))


def test_an_overruled_sighting_is_set_aside_on_every_night(folder: Folder) -> None:
    sighting = key("sighting", key("visit", shoes(), 3), "phone", "+33199000000")
    say(folder, f"sighting:{sighting[:10]}", "fax")
    folder.score()
    with folder.database.reading() as session:
        first = rankings(session, folder.store, named(session, "2027"))[0]
        alder = next(one for one in scores_of(first) if one.merchant.key == shoes())
    phone = next(mark for mark in alder.marks if mark.criterion == "phone.depth")
    assert (phone.points, phone.reason) == (None, "overruled")


def test_an_overruled_reply_changes_the_answer(folder: Folder) -> None:
    with folder.database.reading() as session:
        reply = session.scalars(select(Reply).where(Reply.attempt_id == key("attempt", shoes(), 0))).one()
    say(folder, f"reply:{reply.id[:10]}", "acknowledgement")
    assert in_the_way(folder) == [
        "what category 'shoes' rests on changed since it was scored (1 review); score it again"
    ]
    folder.score()
    assert float(score_of(folder, "Alder shoes")) < 20
    assert not any("since it was scored" in line for line in in_the_way(folder))


def test_a_reply_that_a_person_should_look_at_is_in_the_queue_until_they_did(folder: Folder) -> None:
    with folder.database.session() as session:
        reply = session.scalars(select(Reply).where(Reply.attempt_id == key("attempt", shoes(), 0))).one()
        reply.rule = "context.too-fast"
    (item,) = items(folder)
    assert (item.kind, item.what, item.merchant and item.merchant.key) == (ItemKind.REPLY, "unsure", shoes())
    say(folder, item.ref)
    assert items(folder) == []


def test_a_loose_reply_counts_only_where_it_may_answer_one_of_the_editions_attempts(folder: Folder) -> None:
    attempt = next(one for one in mails(a_campaign(), merchant("x", "shoes", shoes())))
    ours = answer(attempt, utc_now(), candidates=[key("attempt", shoes(), 0)])  # type: ignore[arg-type]
    other = answer(attempt, utc_now() - timedelta(1), candidates=["f" * 32])  # type: ignore[arg-type]
    ours.attempt_id = other.attempt_id = None
    folder.add(ours, other)
    assert [item.ref for item in items(folder)] == [f"reply:{ours.id[:12]}"]


@pytest.mark.parametrize(
    ("ref", "value"),
    [
        ("depth:nobody.example/phone", "1"),
        (f"depth:{shoes()}/carrier-pigeon", "1"),
        (f"depth:{shoes()}", "1"),
        (f"depth:{shoes()}/phone", "100"),
        (f"depth:{shoes()}/phone", "000000001234"),
        ("depth:\0/phone", "1"),
        ("sighting:\0\0\0\0\0", "fax"),
        ("reply:\0\0\0\0", "human"),
        (f"depth:{shoes()}/phone", "-1"),
        (f"depth:{shoes()}/phone", "٣"),
        (f"depth:{shoes()}/phone", "exact"),
        ("sighting:ffffffff", "fax"),
        ("sighting:f", "fax"),
        ("reply:ffffffff", "human"),
        (f"reply:{key('reply')}", "human"),
        ("ffffffff", "1"),
        ("f", "1"),
        ("", "1"),
        ("%", "1"),
    ],
)
def test_what_cannot_be_overruled_is_said_in_one_line_and_nothing_is_recorded(
    folder: Folder, ref: str, value: str
) -> None:
    with pytest.raises(UserError) as error:
        say(folder, ref, value)
    assert "\n" not in str(error.value)
    with folder.database.reading() as session:
        assert session.scalars(select(Review)).all() == []


@pytest.mark.parametrize("value", ["own", "ghost", ""])
def test_a_sighting_is_overruled_by_a_reason_of_the_list_only(folder: Folder, value: str) -> None:
    sighting = key("sighting", key("visit", shoes(), 0), "phone", "+33199000000")
    with pytest.raises(UserError, match="is no reason to set it aside"):
        say(folder, f"sighting:{sighting}", value)


def test_a_reply_is_overruled_by_a_known_kind_or_attempt_only(folder: Folder) -> None:
    with folder.database.reading() as session:
        reply = session.scalars(select(Reply).limit(1)).one()
    for value in ("rubbish", "attempt:ffffffff"):
        with pytest.raises(UserError, match="--as"):
            say(folder, f"reply:{reply.id}", value)
    say(folder, f"reply:{reply.id}", str(ReplyKind.BOUNCE))


def test_a_decision_makes_a_reviewed_edition_a_draft_again_and_a_published_one_refuses_it(folder: Folder) -> None:
    with folder.database.session() as session:
        life.approve(session, named(session, "2027"), WHO, [])
    say(folder, f"depth:{shoes()}/phone", "1")
    assert folder.edition().state is EditionState.DRAFT
    with folder.database.reading() as session:
        assert life.events(session, named(session, "2027"))[-1].step is EditionStep.REOPENED
    folder.score()
    folder.publish()
    with pytest.raises(UserError, match=r"is published and stays as it is; .* barometer edition revise 2027"):
        say(folder, f"depth:{shoes()}/phone", "2")


def test_a_correction_keeps_what_reviewers_decided_for_the_revision_before(folder: Folder) -> None:
    say(folder, f"depth:{shoes()}/phone", "3")
    folder.score()
    corrected = score_of(folder, "Alder shoes")
    folder.publish()
    with folder.database.session() as session:
        life.revise(session, named(session, "2027"), WHO, WHY)
    folder.score()
    assert score_of(folder, "Alder shoes") == corrected != "20.0"


# Objections


def objected(folder: Folder, objection: str = "That is not our number.") -> str:
    with folder.database.session() as session:
        return disputes.record(
            session, named(session, "2027"), merchant_named(session, shoes()), objection, WHO
        ).id  # fmt: skip


@pytest.mark.parametrize("founded", [True, False])
def test_an_objection_is_in_the_way_until_somebody_says_what_comes_of_it(folder: Folder, founded: bool) -> None:
    dispute = objected(folder)
    assert in_the_way(folder) == ["1 item is open: barometer review list"]
    with folder.database.session() as session:
        disputes.resolve(session, disputes.dispute_named(session, dispute[:6]), founded, WHO, WHY)
    assert in_the_way(folder) == []
    (told,) = items(folder)
    assert told.decided is not None
    assert told.decided.verdict is (Verdict.UPHELD if founded else Verdict.OVERRULED)


def test_an_objection_makes_a_reviewed_edition_a_draft_again(folder: Folder) -> None:
    with folder.database.session() as session:
        life.approve(session, named(session, "2027"), WHO, [])
    objected(folder)
    assert folder.edition().state is EditionState.DRAFT


def test_an_objection_to_a_published_edition_is_in_the_way_of_its_correction(folder: Folder) -> None:
    folder.publish()
    objected(folder)
    assert folder.edition().state is EditionState.PUBLISHED
    with folder.database.session() as session:
        life.revise(session, named(session, "2027"), WHO, WHY)
    folder.score()
    assert in_the_way(folder) == ["1 item is open: barometer review list"]


def test_an_objection_is_founded_or_not_and_neither_upheld_nor_overruled(folder: Folder) -> None:
    dispute = objected(folder)
    with pytest.raises(UserError, match="say which: barometer edition resolve-dispute"):
        say(folder, f"dispute:{dispute[:12]}")


@pytest.mark.parametrize("objection", ["", "  \n", "...", "a" * 5001])
def test_an_objection_that_says_nothing_is_refused(folder: Folder, objection: str) -> None:
    with pytest.raises(UserError, match="--objection"):
        objected(folder, objection)


# What only time ends


def waiting(tmp_path: Path, **parameters: Any) -> Folder:
    """Return an edition whose last e-mail was sent 30 hours ago and may be answered for 13 days."""
    database = open_database(f"sqlite:///{tmp_path / 'w.db'}")
    database.migrate()
    made = Folder(database, EvidenceStore(tmp_path / "evidence"))
    campaign = a_campaign(parameters=parameters)
    made.add(campaign)
    for rank, name in enumerate(("Alder", "Birch", "Cedar")):
        shop = merchant(name, "shoes")
        made.add(shop, *visits(shop, rank), *mails(campaign, shop, rank, t0=utc_now() - timedelta(hours=30)))
    made.open(OPENING._replace(last_day=utc_now().astimezone(ZONE).date()))
    made.score()
    return made


def test_what_is_awaited_is_nobodys_to_decide(tmp_path: Path) -> None:
    folder = waiting(tmp_path)
    (item,) = [one for one in items(folder) if one.until is not None]
    assert item.until is not None
    assert item.until > utc_now()
    with pytest.raises(UserError, match="nobody can decide that"):
        say(folder, item.ref)
    assert not [one for one in items(folder) if one.what == "open_attempts"]


def test_the_attempts_of_a_demonstration_are_not_awaited_but_doubted(tmp_path: Path) -> None:
    folder = waiting(tmp_path, **parameters_of_demonstration(3600, utc_now()))
    (item,) = [one for one in items(folder) if one.what == "open_attempts"]
    say(folder, item.ref)
    assert in_the_way(folder) == []


def test_a_wrong_replacement_that_a_later_decision_outweighs_stops_no_scoring(folder: Folder) -> None:
    wrong = Review(
        edition_id=folder.edition().id, subject="depth", subject_id=f"{key('merchant', shoes())}/phone",
        verdict=Verdict.OVERRULED, replacement="1234", why=WHY, reviewer=WHO, reviewed_at=utc_now() - timedelta(1),
    )  # fmt: skip
    folder.add(wrong)
    with pytest.raises(UserError, match="means nothing there"):
        folder.score()
    say(folder, f"depth:{shoes()}/phone", "1")
    folder.score()
    say(folder, f"depth:{shoes()}/phone")
    folder.score()
    assert score_of(folder, "Alder shoes") == "20.0"


def test_a_wrong_word_about_a_sighting_is_mended_by_upholding_it(folder: Folder) -> None:
    sighting = key("sighting", key("visit", shoes(), 3), "phone", "+33199000000")
    wrong = Review(
        edition_id=folder.edition().id, subject="sighting", subject_id=sighting, verdict=Verdict.OVERRULED,
        replacement="ghost", why=WHY, reviewer=WHO, reviewed_at=utc_now() - timedelta(1),
    )  # fmt: skip
    folder.add(wrong)
    say(folder, f"sighting:{sighting}")
    folder.score()
    assert score_of(folder, "Alder shoes") == "20.0"


def test_a_depth_of_a_merchant_without_a_night_is_refused(folder: Folder) -> None:
    folder.add(merchant("Unread", "shoes", "unread.example"))
    with pytest.raises(UserError, match=r"unread\.example has no night in the tests"):
        say(folder, "depth:unread.example/phone", "1")


def test_an_objection_and_a_reason_are_kept_without_what_no_database_takes(folder: Folder) -> None:
    objected(folder, "not\0 ours\ud800")
    (item,) = items(folder)
    assert item.why == "not ours"
    assert life.reason("a\0b\udfff") == "ab"
    with folder.database.reading() as session, pytest.raises(UserError, match="names no dispute"):
        disputes.dispute_named(session, "\0\0\0\0")
