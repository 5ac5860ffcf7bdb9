"""What is said on X to a post of ours: the merchant's answer is taken in once, and nobody else's is taken for it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from probes import social_intake
from probes.replies.message import Message
from probes.social_intake import TakenIn, words_of
from probes.social_watch import Unauthorised
from storage.database import open_database
from storage.vocabulary import AttemptState, ReplyKind
from tests.probes.api_server import Told, answering, told
from tests.probes.clocks import START
from tests.probes.posts import (
    AGENT,
    ASKED_AT,
    NOT_FOUND,
    OUR_POST,
    OWN,
    SHOP,
    STRANGER,
    WEEK,
    Desk,
    Says,
    id_at,
    limited,
    link_of,
    message,
    x_item,
)  # fmt: skip

S = AttemptState
ANSWER = "@camille_probe Bonjour Camille, oui, nous livrons le samedi dans toute la France. ^Josiane"
CANNED = "@camille_probe Merci pour votre message, notre équipe vous répond dans les meilleurs délais."


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    database = open_database(database_url)
    database.migrate()
    return Desk(database, tmp_path)


def test_the_merchants_answer_below_our_post_answers_the_attempt(desk: Desk) -> None:
    attempt = desk.posted()
    item = x_item(ANSWER)
    with answering(Says(mentions=[item])) as api:
        assert desk.look(desk.x(api)) == TakenIn(1, 0, 0, (), 1)
    (reply,) = desk.replies()
    assert (reply.attempt_id, reply.kind, reply.source) == (attempt, ReplyKind.HUMAN, "x mentions")
    assert (reply.received_at, reply.kept_at) == (START - timedelta(hours=1), START)
    assert (reply.matched_by, reply.message_id) == ("x.mention", f"x:{item['id']}")
    assert json.loads(desk.store.get(reply.evidence)) == item
    (event,) = desk.life(attempt)
    assert (event.state, event.at, event.evidence) == (S.ANSWERED, reply.received_at, reply.evidence)


def test_an_answer_that_mentions_nobody_is_found_in_the_conversation(desk: Desk) -> None:
    attempt = desk.posted()
    with answering(Says(recent=[x_item("Oui, chaque samedi, sans supplément.")])) as api:
        desk.look(desk.x(api))
    assert desk.state(attempt) is S.ANSWERED
    assert desk.replies()[0].matched_by == "x.conversation"


def test_a_form_letter_is_an_acknowledgement_and_the_answer_behind_it_counts(desk: Desk) -> None:
    attempt = desk.posted()
    with answering(Says(mentions=[x_item(ANSWER, 30), x_item(CANNED, 100)])) as api:
        desk.look(desk.x(api))
    assert [(one.kind, one.received_at) for one in desk.replies()] == [
        (ReplyKind.ACKNOWLEDGEMENT, START - timedelta(minutes=100)),
        (ReplyKind.HUMAN, START - timedelta(minutes=30)),
    ]
    assert desk.replies()[0].rule.startswith("words.fr.")
    assert [event.state for event in desk.life(attempt)] == [S.ACKNOWLEDGED, S.ANSWERED]


def test_what_comes_back_within_seconds_nobody_wrote(desk: Desk) -> None:
    attempt = desk.posted()
    with answering(Says(mentions=[x_item("Le samedi est un beau jour.", 120 - 0.1)])) as api:
        desk.look(desk.x(api))
    assert (desk.state(attempt), desk.replies()[0].rule) == (S.ACKNOWLEDGED, "context.too-fast")


def test_others_answer_nothing_and_their_words_are_not_kept(desk: Desk) -> None:
    attempt = desk.posted()
    stranger = x_item("Moi aussi, j'aimerais le savoir !", author_id=STRANGER)
    impostor = x_item("Oui, écrivez-moi en privé.", 50, author_id="515000999", referenced_posts=[])
    with answering(Says(mentions=[stranger, impostor], recent=[stranger])) as api:
        assert desk.look(desk.x(api)) == TakenIn(0, 0, 2, (), 1)
    assert (desk.replies(), desk.state(attempt), list(desk.store)) == ([], S.SENT, [])


def test_what_the_merchant_says_elsewhere_answers_nothing(desk: Desk) -> None:
    attempt = desk.posted()
    elsewhere = x_item("Bonne journée @camille_probe !", conversation_id=id_at(START), referenced_posts=[])
    with answering(Says(mentions=[elsewhere])) as api:
        assert desk.look(desk.x(api)).replies == 0
    assert desk.state(attempt) is S.SENT


def test_the_same_poll_twice_writes_nothing_twice(desk: Desk) -> None:
    attempt = desk.posted()
    with answering(Says(mentions=[x_item(CANNED)], recent=[x_item(CANNED)])) as api:
        assert desk.look(desk.x(api))[:3] == (1, 1, 0)
        assert desk.look(desk.x(api))[:3] == (0, 2, 0)
    assert (len(desk.replies()), len(desk.life(attempt))) == (1, 1)


def test_an_answer_that_x_tells_in_other_words_later_is_known_by_its_id(desk: Desk) -> None:
    desk.posted()
    with answering(Says(mentions=[x_item(CANNED)], recent=[x_item(CANNED, lang="fr")])) as api:
        desk.look(desk.x(api))
    assert len(desk.replies()) == 1


@pytest.mark.parametrize("dies_in", ["_is_new", "_move_on"])
def test_a_process_that_dies_in_between_leaves_all_or_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    attempt = desk.posted()
    whole = getattr(social_intake, dies_in)

    def dying(*arguments: Any) -> None:
        whole(*arguments)
        raise KeyboardInterrupt

    with answering(Says(mentions=[x_item(ANSWER)])) as api:
        monkeypatch.setattr(social_intake, dies_in, dying)
        with pytest.raises(KeyboardInterrupt):
            desk.look(desk.x(api))
        monkeypatch.undo()
        assert (desk.replies(), desk.state(attempt)) == ([], S.SENT)
        assert desk.look(desk.x(api)).replies == 1
        assert api.asked[-3].query["since_id"] == OUR_POST
    assert [event.state for event in desk.life(attempt)] == [S.ANSWERED]


def test_two_readers_write_each_answer_once(desk: Desk, database_url: str) -> None:
    attempt = desk.posted()
    both = Barrier(2)

    with answering(Says(mentions=[x_item(CANNED, minutes) for minutes in range(10, 60, 5)])) as api:
        watches = [desk.x(api), desk.x(api)]

        def reader(number: int) -> TakenIn:
            both.wait(30)
            return desk.look(watches[number])

        with ThreadPoolExecutor(2) as readers:
            first, second = readers.map(reader, range(2))
    assert first.replies + second.replies == 10
    assert (len(desk.replies()), len(desk.life(attempt))) == (10, 10)


def test_the_next_look_begins_where_the_last_one_ended_and_a_new_post_at_itself(desk: Desk) -> None:
    desk.posted()
    newest = x_item("Bonjour à tous", 5, author_id=STRANGER)
    later = id_at(START - timedelta(minutes=90))
    with answering(Says(mentions=[newest])) as api:
        desk.look(desk.x(api))
        desk.look(desk.x(api))
        desk.posted(link=link_of(later), shop="bastide.test", target="bastide")
        desk.look(desk.x(api))
    since = [one.query["since_id"] for one in api.asked if one.path.endswith("/mentions")]
    assert since == [OUR_POST, newest["id"], later]


def test_the_search_never_starves_a_post_that_a_limit_cut_off(desk: Desk) -> None:
    posts = [id_at(ASKED_AT, number) for number in range(3)]
    for number, post_id in enumerate(posts):
        desk.posted(link=link_of(post_id), shop=f"shop-{number}.test", target=f"shop{number}")
    searched: list[str] = []

    def two_at_a_time(asked: Any) -> Told:
        if len(searched) % 3 == 2:
            searched.append("")
            return limited(desk.clock.now() + timedelta(minutes=15))
        searched.append(asked.query["query"].partition(":")[2])
        return told({"data": []})

    says = Says()
    says.instead["recent"] = two_at_a_time
    with answering(says) as api:
        watch = desk.x(api)
        first = desk.look(watch)
        assert [one.feed for one in first.unheard] == ["x search"]
        assert "2026-11-20 09:15:00 UTC" in first.unheard[0].why
        desk.look(watch)
        assert len(searched) == 3
        desk.clock.present += timedelta(minutes=16)
        desk.look(watch)
    assert searched[3] == next(one for one in posts if one not in searched[:2])


def test_a_limit_on_the_search_leaves_the_mentions_alone(desk: Desk) -> None:
    attempt = desk.posted()
    says = Says(mentions=[x_item(ANSWER)])
    says.instead["recent"] = limited(START + timedelta(minutes=15))
    with answering(says) as api:
        assert desk.look(desk.x(api)).replies == 1
    assert desk.state(attempt) is S.ANSWERED


def test_mentions_that_were_cut_short_are_taken_in_and_read_again(desk: Desk) -> None:
    attempt = desk.posted()
    pages = [told({"data": [x_item(ANSWER)], "meta": {"next_token": "t2"}}), limited(START + timedelta(minutes=15))]
    says = Says()
    says.instead["mentions"] = lambda _: pages.pop(0)
    with answering(says) as api:
        taken = desk.look(desk.x(api))
        assert (taken.replies, taken.unheard[0].feed) == (1, "x mentions")
    assert desk.state(attempt) is S.ANSWERED


def test_a_post_that_is_gone_is_told_and_the_others_are_read(desk: Desk) -> None:
    gone, there = id_at(ASKED_AT, 1), OUR_POST
    desk.posted(link=link_of(gone), shop="bastide.test", target="bastide")
    attempt = desk.posted()
    says = Says()
    says.instead["recent"] = lambda asked: (
        NOT_FOUND if gone in asked.query["query"] else told({"data": [x_item(ANSWER, conversation_id=there)]})
    )
    with answering(says) as api:
        taken = desk.look(desk.x(api))
    assert (taken.replies, desk.state(attempt)) == (1, S.ANSWERED)
    assert [link_of(gone) in one.why for one in taken.unheard] == [True]


def test_a_plan_without_search_is_not_asked_400_times(desk: Desk) -> None:
    for number in range(6):
        desk.posted(link=link_of(id_at(ASKED_AT, number)), shop=f"shop-{number}.test", target=f"shop{number}")
    says = Says()
    says.instead["recent"] = told({"title": "Client Forbidden"}, 403)
    with answering(says) as api:
        taken = desk.look(desk.x(api))
    assert len([one for one in api.asked if one.path.endswith("/recent")]) == 3
    assert any("left alone" in one.why for one in taken.unheard)


def test_an_account_that_x_does_not_know_leaves_the_answer_to_a_person(desk: Desk) -> None:
    attempt = desk.posted()
    says = Says(mentions=[x_item(ANSWER)])
    says.instead["Elan"] = NOT_FOUND
    with answering(says) as api:
        assert desk.look(desk.x(api)).replies == 1
    (reply,) = desk.replies()
    assert (reply.attempt_id, reply.candidates, reply.matched_by) == (None, [attempt], "x.mention.account-unknown")
    assert desk.state(attempt) is S.SENT


def test_while_x_does_not_say_whose_account_it_is_nothing_is_passed_over(desk: Desk) -> None:
    attempt = desk.posted()
    says = Says(mentions=[x_item(ANSWER)])
    says.instead["Elan"] = limited(START + timedelta(minutes=15))
    with answering(says) as api:
        watch = desk.x(api)
        assert desk.look(watch).replies == 0
        del says.instead["Elan"]
        desk.clock.present += timedelta(minutes=16)
        assert desk.look(watch).replies == 1
    assert desk.state(attempt) is S.ANSWERED


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "2026-11-01T00:00:00Z"},
        {"created_at": "2031-01-01T00:00:00Z"},
        {"created_at": 5},
        {"note_post": {"text": [1]}},
    ],
)
def test_a_forged_time_is_left_to_a_person_under_the_time_of_its_reading(
    desk: Desk, changes: dict[str, object]
) -> None:
    attempt = desk.posted()
    forged = x_item(ANSWER, **changes)
    with answering(Says(mentions=[forged])) as api:
        assert desk.look(desk.x(api)).replies == 1
        assert desk.look(desk.x(api)).replies == 0
    (reply,) = desk.replies()
    assert (reply.received_at, reply.rule, reply.candidates) == (START, "unreadable", [attempt])
    assert json.loads(desk.store.get(reply.evidence)) == forged
    assert desk.state(attempt) is S.SENT


def test_a_broken_item_of_somebody_else_is_nobodys_work(desk: Desk) -> None:
    desk.posted()
    with answering(Says(mentions=[x_item(ANSWER, author_id=STRANGER, created_at=5)])) as api:
        assert desk.look(desk.x(api))[:3] == (0, 0, 1)


def test_an_older_word_of_the_merchant_answers_nothing(desk: Desk) -> None:
    desk.posted()
    with answering(Says(recent=[x_item(ANSWER, 125)])) as api:
        assert desk.look(desk.x(api)).replies == 0


def test_hostile_words_steer_no_terminal_and_name_nobody(desk: Desk) -> None:
    attempt = desk.posted()
    hostile = (
        f"{ANSWER} \x1b[2J\x00\u202e<script>alert(1)</script> =HYPERLINK(1) josiane@elan.test\n- Josiane" + "@a" * 9_000
    )
    with answering(Says(mentions=[x_item("kurz", note_post={"text": hostile})])) as api:
        desk.look(desk.x(api))
    (reply,) = desk.replies()
    assert not set("\x1b\x00\u202e") & set(reply.text or "")
    assert "josiane@elan.test" not in (reply.text or "")
    assert json.loads(desk.store.get(reply.evidence))["note_post"]["text"] == hostile
    assert desk.state(attempt) is S.ANSWERED


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Oui, le samedi. ^Josiane", "Oui, le samedi. ^[name]"),
        ("Oui, le samedi.\n- Josiane", "Oui, le samedi."),
        ("Yes, we do. ~LD ", "Yes, we do. ~[name]"),
        ("Bonjour @camille_probe, oui.", "Bonjour [account], oui."),
        ("De 9 h - 18 h", "De 9 h - 18 h"),
        ("Rue de Lille", "Rue de Lille"),
    ],
)
def test_agents_who_sign_stay_unnamed(said: str, kept: str) -> None:
    assert words_of(Message(text=said)).strip() == kept


def test_messages_are_read_only_where_the_account_may(desk: Desk) -> None:
    attempt = desk.posted()
    says = Says(dm_events=[message("Bonjour, oui, nous livrons aussi le samedi.")])
    with answering(says) as api:
        desk.look(desk.x(api))
        assert not [one for one in api.asked if "dm_" in one.path]
        desk.look(desk.x(api, may_dm=True))
    assert (desk.state(attempt), desk.replies()[0].matched_by) == (S.ANSWERED, "x.message")


def test_a_message_that_may_answer_two_posts_is_left_to_a_person(desk: Desk) -> None:
    both = {desk.posted(), desk.posted(link=link_of(id_at(ASKED_AT, 1)))}
    with answering(Says(dm_events=[message("Oui, bien sûr, le samedi aussi.")])) as api:
        desk.look(desk.x(api, may_dm=True))
    (reply,) = desk.replies()
    assert (reply.attempt_id, set(reply.candidates)) == (None, both)
    assert {desk.state(one) for one in both} == {S.SENT}


@pytest.mark.parametrize(("late", "asked"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_a_post_is_watched_for_a_day_beyond_its_window_and_no_longer(desk: Desk, late: timedelta, asked: bool) -> None:
    then = START - WEEK - late
    desk.posted(t0=then, link=link_of(id_at(then)))
    with answering(Says()) as api:
        desk.look(desk.x(api))
    assert bool(api.asked) is asked


def test_without_a_post_to_watch_nothing_is_asked_and_no_token_wanted(desk: Desk) -> None:
    desk.posted(link=None)
    with answering(Says()) as api:
        watch = desk.x(api)
        (desk.folder / "x.json").unlink()
        assert desk.look(watch) == TakenIn()
    assert api.asked == []


def test_tokens_that_are_missing_or_refused_need_a_person(desk: Desk) -> None:
    desk.posted()
    with answering(told({"error": "invalid_request"}, 401)) as api:
        with pytest.raises(Unauthorised):
            desk.look(desk.x(api))
        watch = desk.x(api)
        (desk.folder / "x.json").unlink()
        with pytest.raises(Unauthorised, match=r"x\.json"):
            desk.look(watch)


def test_the_link_of_the_merchants_own_post_is_not_taken_for_ours(desk: Desk) -> None:
    attempt = desk.posted(link=f"https://x.com/elan/status/{OUR_POST}")
    with answering(Says(mentions=[x_item(ANSWER)], recent=[x_item(ANSWER)])) as api:
        taken = desk.look(desk.x(api))
    assert ("a post of the merchant's" in taken.unheard[0].why, desk.state(attempt), api.asked) == (True, S.SENT, [])


def test_every_request_says_who_asks_and_where_that_is_explained(desk: Desk) -> None:
    desk.posted()
    with answering(Says(mentions=[x_item(ANSWER)])) as api:
        desk.look(desk.x(api, may_dm=True))
    assert {one.headers["user-agent"] for one in api.asked} == {AGENT}
    assert {one.method for one in api.asked} == {"GET"}
    assert [one.path for one in api.asked if OWN in one.path] == [f"/2/users/{OWN}/mentions"]
    assert any(SHOP in one.path for one in api.asked)
