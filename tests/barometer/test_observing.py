"""The inputs of an edition: who is in them, how they are written, and that they are the same everywhere."""

import json
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from barometer.errors import UserError
from barometer.observing import Inputs, categories, choose, observe, without_category
from storage.database import Database, open_database
from storage.records import Merchant, OptOut, OptOutKind
from storage.vocabulary import Channel, OutcomeKind, Profile, ReplyKind, SetAsideReason, StampKind
from tests.barometer.edition_records import LATER, NOON, Records, a_grid, sighting

pytest_plugins = ["tests.barometer.edition_database"]

HOSTILE = "=cmd|' /C calc'!A0 <b>Élan</b> \u202e../../etc 🛒" + "x" * 300


def furnish(records: Records) -> None:
    """Store two merchants with something of everything."""
    for name in ("elan", "saba"):
        shop = records.merchant(name, hours="Mo-Sa 10:00-19:00", logo="logo.png", entered=name == "saba")
        for day in (4, 5, 6):
            seen = [
                sighting(box=[0, 10, 9, 9], confidence=0.1 + 0.2),
                sighting(Channel.EMAIL, f"a@{name}.test", depth=1),
            ]
            records.visit(shop, day, *seen, at=time(2, 0, 0, 123_456), run_id=records.run())
        records.visit(shop, 6, sighting(), profile=Profile.MOBILE)
        mail, call = records.attempt(shop, t0=NOON + timedelta(microseconds=1)), records.attempt(shop, Channel.PHONE)
        records.reply(mail, 0.25, ReplyKind.ACKNOWLEDGEMENT)
        records.review("reply", records.reply(mail, 5), ReplyKind.HUMAN, of_no_edition=True)
        records.stamps(call, (StampKind.DIALLED, 0), (StampKind.HUMAN, 12.5), (StampKind.HUNG_UP, 90, "answered"))
        records.rating(call, "phone.courtesy", "1", "Alix")
        records.rating(call, "phone.courtesy", "2.0", "Bao")
        records.review("depth", f"{shop}/form", "2")
    wrong = sighting(value="+33155000000", set_aside=SetAsideReason.FAX)
    records.visit(shop, 7, wrong)
    records.review("sighting", wrong.id, "own")


def test_the_same_records_give_the_same_bytes_and_observations_on_every_database(
    records: Records, database_url: str
) -> None:
    furnish(records)
    with open_database(database_url.replace("barometer.db", "other.db")) as database:
        database.migrate()
        other = Records(database)
        furnish(other)
        content = records.chosen().to_bytes()
        assert other.chosen().to_bytes() == content
        assert other.observed(Inputs.read(content)) == records.observed()
        assert other.observed(profile=Profile.MOBILE) == records.observed(profile=Profile.MOBILE)
    assert len(records.observed()) == 2


def test_everything_chosen_is_seen_on_every_database(database_url: str) -> None:
    with open_database(database_url) as database:
        database.migrate()
        records = Records(database)
        furnish(records)
        first, second = records.observed()
        assert [night.day.day for night in second.nights] == [6, 7]
        assert second.nights[0].channels[Channel.PHONE].confidence == 0.1 + 0.2
        assert second.nights[1].channels[Channel.PHONE].overruled
        assert [night.channels[Channel.FORM].clicks for night in first.nights] == [2, 2]
        assert [tried.channel for tried in first.attempts] == [Channel.EMAIL, Channel.PHONE]
        (mean,) = first.attempts[1].ratings.values()
        assert mean * 2 == 3


def test_inputs_are_written_in_one_way_and_read_back(records: Records) -> None:
    furnish(records)
    inputs = records.chosen()
    content = inputs.to_bytes()
    assert Inputs.read(content) == inputs
    told = json.loads(content)
    assert told["schema"] == "barometer-inputs/1"
    assert json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == content
    keys = [told["ratings"], told["stamps"], told["reviews"], *told["visits"].values()]
    assert all(listed and listed == sorted(listed) for listed in keys)
    shuffled = inputs._replace(
        attempts=inputs.attempts[::-1], stamps=inputs.stamps[::-1], merchants=inputs.merchants[::-1]
    )
    assert shuffled.to_bytes() == content


def test_once_every_window_is_closed_the_hour_of_the_scoring_does_not_matter(records: Records) -> None:
    furnish(records)
    assert records.chosen(now=LATER).to_bytes() == records.chosen(now=LATER + timedelta(days=90)).to_bytes()
    assert records.chosen(now=NOON + timedelta(days=1)).to_bytes() != records.chosen(now=LATER).to_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda told: b"",
        lambda told: b"\xff\xfe",
        lambda told: b"[" * 100_000,
        lambda told: b"[]",
        lambda told: json.dumps(told).encode()[:-9],
        lambda told: json.dumps({**told, "schema": "barometer-inputs/2"}).encode(),
        lambda told: json.dumps({key: told[key] for key in told if key != "stamps"}).encode(),
        lambda told: json.dumps({**told, "visits": {"tablet": []}}).encode(),
        lambda told: json.dumps({**told, "stamps": "abc"}).encode(),
        lambda told: json.dumps({**told, "reviews": [1]}).encode(),
        lambda told: json.dumps({**told, "collected_until": {"a": "2026-09-01T00:00:00"}}).encode(),
        lambda told: json.dumps({**told, "attempts": [{**told["attempts"][0], "state": "\x1b[31m\u202e"}]}).encode(),
        lambda told: json.dumps({**told, "merchants": [{**told["merchants"][0], "entered": "yes"}]}).encode(),
    ],
)
def test_damaged_inputs_are_refused_in_one_printable_line(
    records: Records, damage: Callable[[dict[str, Any]], bytes]
) -> None:
    records.attempt(records.merchant())
    content = damage(json.loads(records.chosen().to_bytes()))
    with pytest.raises(UserError, match="the inputs of an edition are damaged") as told:
        Inputs.read(content)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 300


def test_a_hostile_name_is_kept_to_the_letter(records: Records) -> None:
    records.add(Merchant(id=records.key(), key="elan.test", name=HOSTILE, url="https://elan.test/", category="shoes"))
    inputs = Inputs.read(records.chosen().to_bytes())
    assert inputs.merchants[0].fact.name == HOSTILE


def test_merchants_that_have_opted_out_are_left_out(records: Records) -> None:
    records.merchant("elan"), records.merchant("saba", email="a@mail.test"), records.merchant("third")
    records.add(OptOut(kind=OptOutKind.DOMAIN, value="elan.test"), OptOut(kind=OptOutKind.EMAIL, value="a@mail.test"))
    assert [one.merchant.key for one in records.observed()] == ["third.test"]


def test_a_merchant_stays_as_it_was_when_the_edition_was_scored(records: Records) -> None:
    shop = records.merchant()
    records.reply(records.attempt(shop), 24)
    inputs = records.chosen()
    before = records.observed(inputs)
    with records.database.session() as session:
        merchant = session.get_one(Merchant, shop)
        merchant.name, merchant.category, merchant.hours = "Another", "hats", "24/7"
    assert records.observed(inputs) == before


def test_a_merchant_without_anything_is_observed_as_such(records: Records) -> None:
    records.merchant()
    (one,) = records.observed()
    assert (one.nights, one.attempts) == ((), ())
    assert records.observed(records.chosen("nowhere")) == []


def test_merchants_of_other_categories_stay_out(records: Records) -> None:
    shoes, hats = records.merchant("elan"), records.merchant("saba", category="hats")
    for shop in (shoes, hats):
        records.visit(shop, 4, sighting())
        records.attempt(shop)
    inputs = records.chosen("hats")
    assert [one.fact.id for one in inputs.merchants] == [hats]
    assert len(inputs.visits[Profile.DESKTOP]) == len(inputs.attempts) == 1


def test_the_profile_that_is_marked_is_the_grid_s(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4)
    records.visit(shop, 5, sighting(), profile=Profile.MOBILE)
    (one,) = records.observed(records.chosen(grid=a_grid(profile=Profile.MOBILE)))
    assert one.nights[0].channels[Channel.PHONE].kind is OutcomeKind.EXACT


def test_an_edition_ranks_the_categories_it_names_else_all_that_there_are(records: Records) -> None:
    for name, category in (("a", "shoes"), ("b", "Hats"), ("c", "shoes"), ("d", None), ("e", "")):
        records.merchant(name, category=category)
    with records.database.reading() as session:
        assert categories(session, records.edition) == ["Hats", "shoes"]
        assert without_category(session) == 2
        records.edition.parameters = {"categories": ["shoes", "sold out"]}
        assert categories(session, records.edition) == ["shoes", "sold out"]


def test_observing_writes_nothing(records: Records) -> None:
    furnish(records)
    with records.database.session() as session:
        observe(session, choose(session, records.edition, records.grid, "shoes", LATER))
        assert not session.dirty and not session.new and not session.deleted


def test_a_database_that_only_reads_is_enough(records: Records) -> None:
    database: Database = records.database
    furnish(records)
    with database.reading() as session:
        assert observe(session, choose(session, records.edition, records.grid, "shoes", LATER))
